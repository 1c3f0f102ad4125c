/** Asks the cameras at the given port offsets for one image after another, until its parent is gone. */
import { openTineCamera } from '../../../src/endpoints/tine-client.js';

const cameras = process.argv.slice(2).map((offset) => openTineCamera(`tine://127.0.0.1:${offset}/SOAK/CAM/Frame`));
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
for (;;) {
  for (const camera of cameras) {
    using image = await camera.get();
    if (image.bytes.length === 0) throw new Error('an image without bytes');
  }
}
