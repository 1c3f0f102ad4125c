import { TestSource } from '../../../src/endpoints/test.js';
import { serveTine, type TineServerOptions, type TineVideoServer } from '../../../src/endpoints/tine-server.js';
import { FramelaneError } from '../../../src/error.js';
import type { FrameSpec } from '../../../src/frame/index.js';
import type { Size } from '../part.js';

/** New pictures a second: they are to change, not to be the work. */
const fps = 10;

/** Two cameras and their port offsets: raw gray16 first, then JPEG in colour. */
export interface ServedCameras {
  readonly servers: readonly TineVideoServer[];
  readonly offsets: readonly number[];
  close(): Promise<void>;
}

/** Serves both, on offsets whose ports are free. */
export async function serveCameras(size: Size): Promise<ServedCameras> {
  const sourceOf = (format: FrameSpec['format']) => new TestSource({ format, ...size, fps });
  const names = { device: 'CAM', eqm: 'SOAK', minimumInterval: 1 };
  const [rawOffset, raw] = await serve(800, () => ({ ...names, source: sourceOf('gray16le') }));
  const [jpegOffset, jpeg] = await serve(rawOffset + 1, () => ({
    ...names,
    source: sourceOf('rgb24'),
    encoding: 'jpeg',
  }));
  const close = async () => {
    await Promise.all([raw.close(), jpeg.close()]);
  };
  return { servers: [raw, jpeg], offsets: [rawOffset, jpegOffset], close };
}

/** On the first offset from `from` on whose ports are free. */
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
