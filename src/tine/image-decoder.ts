import { BufferPool } from '../bytes/index.js';
import { type Frame, frameBytes, type NdArray } from '../frame/index.js';
import type { TineImage } from './image.js';
import { canView, filledFrame, frameArray, viewArray } from './image-frame.js';
import { type ImageOptions, planImage, viewFrame } from './image-plan.js';

/**
 * Turns one image after another of a stream into frames or arrays and uses the same memory again for those whose pixels
 * must be decoded or turned; the others are views, as of `toFrame` and `toArray`.
 */
export class ImageDecoder {
  readonly #options: ImageOptions;
  readonly #pool = new BufferPool();
  #arrayMemory: Uint8Array | undefined;

  constructor(options: ImageOptions = {}) {
    this.#options = options;
  }

  /** The image as a frame. Release it: its memory, if it has any of its own, then serves a later image. */
  toFrame(bytes: Uint8Array | TineImage): Frame {
    const plan = planImage(bytes, this.#options);
    if (plan.coding === 'as-is') return viewFrame(plan);
    const into = this.#pool.take(frameBytes(plan.spec));
    try {
      return filledFrame(plan, { ...this.#options, into }, () => this.#pool.give(into));
    } catch (error) {
      this.#pool.give(into);
      throw error;
    }
  }

  /** The image as an array that is good until the next call of this method. */
  toArray(bytes: Uint8Array | TineImage): NdArray {
    const plan = planImage(bytes, this.#options);
    if (canView(plan)) return viewArray(plan);
    const needed = frameBytes(plan.spec);
    if (this.#arrayMemory?.byteLength !== needed) this.#arrayMemory = new Uint8Array(needed);
    return frameArray(filledFrame(plan, { ...this.#options, into: this.#arrayMemory }));
  }
}
