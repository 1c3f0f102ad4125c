/** Bytes of a row of the texture that pixels are put into: buffers are as long as whole rows of it. */
export const textureRowBytes = 16_384;

/** Spare buffers kept; the rest is left to the browser. */
const mostSpare = 4;

/** Buffers for messages, used again and again. */
export class BufferPool {
  #spare: ArrayBuffer[] = [];

  /** A buffer that holds so many bytes behind `offset` and can be put into a texture as it is. */
  take(bytes: number): ArrayBuffer {
    const size = (Math.ceil(bytes / textureRowBytes) + 1) * textureRowBytes;
    const index = this.#spare.findIndex((buffer) => buffer.byteLength === size);
    if (index < 0) return new ArrayBuffer(size);
    return this.#spare.splice(index, 1)[0] as ArrayBuffer;
  }

  /** Gives a buffer back. Those of sizes that are no longer asked for make room for those that are. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === 0) return; // Handed over to the browser when a stream broke off.
    this.#spare.push(buffer);
    if (this.#spare.length > mostSpare) this.#spare.shift();
  }
}
