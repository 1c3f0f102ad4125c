import { copyPixels, type Frame } from '../frame/frame.js';
import { frameLayout } from '../frame/geometry.js';
import { RecycledMemory } from './recycled-memory.js';

/** Gives out the pixels of frames plane after plane, rows without padding; they are copied only where there is some. */
export class PixelPacker {
  readonly #scratch = new RecycledMemory();

  /** Hands the bytes of a frame to `write`, in order, in one run or one a plane. */
  async pack(frame: Frame, write: (bytes: Uint8Array) => Promise<unknown>): Promise<void> {
    const { format, width, height } = frame;
    const { bytes, planes } = frameLayout({ format, width, height });
    if (planes.every((plane, index) => plane.stride === frame.planes[index]?.stride)) {
      for (const [index, plane] of planes.entries()) {
        await write(frame.planes[index]?.data.subarray(0, plane.rowBytes * plane.rows) as Uint8Array);
      }
      return;
    }
    const space = this.#scratch.take({ format, width, height });
    copyPixels(frame, space);
    try {
      await write(space.bytes.subarray(0, bytes));
    } finally {
      space.abandon();
    }
  }
}
