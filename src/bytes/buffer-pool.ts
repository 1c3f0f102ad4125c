/** Buffers that are kept for the next picture. */
const spareLimit = 4;

/**
 * Memory that is used again and again: the first touch of fresh memory costs more than filling it. Buffers come back by
 * {@link give}; at most four wait, all of the size asked for last.
 */
export class BufferPool {
  #spare: Uint8Array[] = [];

  /** A buffer of exactly so many bytes, its content undefined. */
  take(bytes: number): Uint8Array {
    if (this.#spare[0]?.byteLength !== bytes) this.#spare = [];
    return this.#spare.pop() ?? new Uint8Array(bytes);
  }

  /** Takes a buffer back. It must not be used any more by whoever gave it. */
  give(buffer: Uint8Array): void {
    if (this.#spare[0] !== undefined && this.#spare[0].byteLength !== buffer.byteLength) return;
    if (this.#spare.length < spareLimit) this.#spare.push(buffer);
  }
}
