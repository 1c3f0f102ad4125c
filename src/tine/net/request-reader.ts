import { requestHeaderBytes } from './protocol.js';
import { requestTotal } from './request.js';

const firstBytes = 1024;

/**
 * Splits what a client sends over TCP or STREAM into requests. Its buffer grows as bytes arrive, never beyond the
 * largest message. Throws `TINE_PROTOCOL` at the first header that cannot be; the connection is then worth closing.
 */
export class RequestReader {
  #buffer = new Uint8Array(firstBytes);
  #filled = 0;
  #total = 0;

  /** Whether a request has begun and is not complete. */
  get insideMessage(): boolean {
    return this.#filled > 0;
  }

  /** Takes the next bytes, cut anywhere; calls `take` with each whole request, valid during the call only. */
  push(bytes: Uint8Array, take: (message: Uint8Array) => void): void {
    for (let at = 0; at < bytes.length; ) {
      const needed = this.#total === 0 ? requestHeaderBytes : this.#total;
      const piece = Math.min(needed - this.#filled, bytes.length - at);
      this.#append(bytes.subarray(at, at + piece));
      at += piece;
      if (this.#filled < needed) return;
      if (this.#total === 0) this.#total = requestTotal(this.#buffer);
      else this.#finish(take);
    }
  }

  #append(piece: Uint8Array): void {
    const end = this.#filled + piece.length;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#filled);
    this.#filled = end;
  }

  #finish(take: (message: Uint8Array) => void): void {
    const message = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#total = 0;
    take(message);
  }
}
