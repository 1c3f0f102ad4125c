/** Two TINE cameras, raw and JPEG, in a process of their own. Tells its parent their port offsets; ends with it. */
import { serveCameras } from './serve-cameras.js';

const [width = 0, height = 0] = process.argv.slice(2).map(Number);
const cameras = await serveCameras({ width, height });
// Ctrl-C reaches the whole group; the parent says when it is over.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => void cameras.close().then(() => process.exit(0)));
process.send?.(cameras.offsets);
