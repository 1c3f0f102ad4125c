/** Two TINE cameras, raw and JPEG, in a process of their own. Tells its parent their port offsets; ends with it. */
import { TestSource } from '../../../src/endpoints/test.js';
import { serveTine, type TineServerOptions, type TineVideoServer } from '../../../src/endpoints/tine-server.js';
import { FramelaneError } from '../../../src/error.js';
import type { FrameSpec } from '../../../src/frame/index.js';

const [width = 0, height = 0] = process.argv.slice(2).map(Number);
/** New pictures a second: they are to change, not to be the work. */
const fps = 10;

const sourceOf = (format: FrameSpec['format']) => new TestSource({ format, width, height, fps });

/** On the first offset above `from` whose ports are free. */
async function serve(from: number, options: () => TineServerOptions): Promise<[number, TineVideoServer]> {
  for (let offset = from; ; offset++) {
    try {
      return [offset, await serveTine({ ...options(), offset })];
    } catch (error) {
      const taken = error instanceof FramelaneError && error.code === 'IO';
      if (!taken || offset >= 1000) throw error;
    }
  }
}

const names = { device: 'CAM', eqm: 'SOAK', minimumInterval: 1 };
const [rawOffset, raw] = await serve(800, () => ({ ...names, source: sourceOf('gray16le') }));
const [jpegOffset, jpeg] = await serve(rawOffset + 1, () => ({
  ...names,
  source: sourceOf('rgb24'),
  encoding: 'jpeg',
}));
// Ctrl-C reaches the whole group; the parent says when it is over.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => void Promise.all([raw.close(), jpeg.close()]).then(() => process.exit(0)));
process.send?.([rawOffset, jpegOffset]);
