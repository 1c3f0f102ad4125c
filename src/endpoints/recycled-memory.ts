import { FramelaneError } from '../error.js';
import { type Frame, frameOver } from '../frame/frame.js';
import { type FrameSpec, frameLayout } from '../frame/geometry.js';
import type { FrameMemory, FrameSpace } from './source.js';

/** Buffers kept for the next frames; a consumer that holds more frames than this makes new ones each time. */
const spareLimit = 4;

/** Most bytes of one frame: what Node 20 can hold in one buffer, and more than a sensor of 30,000 x 30,000 gives. */
const bufferLimit = 2 ** 32;

/**
 * Frame memory of a process's own, used again and again: the first touch of fresh memory costs more than filling it.
 * A buffer comes back when its frame is released. Buffers of another size than the last asked for are let go.
 */
export class RecycledMemory implements FrameMemory {
  #spare: Uint8Array[] = [];

  /** Space for one frame; there always is some. */
  async space(spec: FrameSpec): Promise<FrameSpace> {
    return this.take(spec);
  }

  /** The same without a promise. */
  take(spec: FrameSpec): FrameSpace {
    const { bytes, planes } = frameLayout(spec);
    this.#spare = this.#spare.filter((buffer) => buffer.byteLength === bytes);
    const buffer = this.#spare.pop() ?? freshBuffer(spec, bytes);
    const onRelease = () => this.#giveBack(buffer);
    return {
      format: spec.format,
      width: spec.width,
      height: spec.height,
      planes: planes.map(({ offset, stride, rows }) => ({
        data: buffer.subarray(offset, offset + stride * rows),
        stride,
      })),
      bytes: buffer,
      finish: (init): Frame => frameOver(spec, buffer, { ...init, onRelease }),
      abandon: onRelease,
    };
  }

  #giveBack(buffer: Uint8Array): void {
    if (this.#spare.length < spareLimit) this.#spare.push(buffer);
  }
}

function freshBuffer({ width, height, format }: FrameSpec, bytes: number): Uint8Array {
  if (bytes <= bufferLimit) return new Uint8Array(bytes);
  const message = `a ${width}x${height} ${format} frame takes ${bytes} bytes; at most ${bufferLimit} are held in memory`;
  throw new FramelaneError('LIMIT_EXCEEDED', message, { bytes, limit: bufferLimit });
}
