import { close, read } from 'node:fs';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const readBytes = promisify(read);
const closeFile = promisify(close);

/** Bytes in order, read into memory that the caller brings. */
export interface ByteInput {
  /** Fills the memory; fewer bytes than fit only when the input ends. Resolves to the bytes read. */
  fill(target: Uint8Array): Promise<number>;
  /** Stops and closes; a fill under way ends early or fails. Idempotent. */
  close(): Promise<void>;
}

/**
 * A file or a pipe by its descriptor, which it then owns. The kernel writes straight into the caller's memory. Each
 * read of an idle pipe occupies a thread of Node's pool, so whoever closes it must see to it that the writer ends.
 */
export class DescriptorInput implements ByteInput {
  readonly #descriptor: number;
  #closing: Promise<void> | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.byteLength && this.#closing === undefined) {
      // Linux reads at most 2 GiB - 4 KiB at once; whatever comes is counted, so no limit of ours is needed.
      const reading = readBytes(this.#descriptor, target, filled, target.byteLength - filled, null);
      this.#reading = reading.catch(() => undefined);
      const { bytesRead } = await reading;
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  close(): Promise<void> {
    // Not before the read under way has ended: the number of a closed descriptor may already be another file's.
    this.#closing ??= this.#reading.then(() => closeFile(this.#descriptor));
    return this.#closing;
  }
}

/** A stream, standard input for one: chunks are copied into the caller's memory. Can be closed while it waits. */
export class StreamInput implements ByteInput {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array(0);
  #closed = false;

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.byteLength) {
      if (this.#left.byteLength === 0 && !(await this.#nextChunk())) break;
      const piece = this.#left.subarray(0, target.byteLength - filled);
      target.set(piece, filled);
      filled += piece.byteLength;
      this.#left = this.#left.subarray(piece.byteLength);
    }
    return filled;
  }

  async #nextChunk(): Promise<boolean> {
    try {
      const { done, value } = await this.#chunks.next();
      if (done !== true) this.#left = value;
      return done !== true;
    } catch (error) {
      if (this.#closed) return false; // Destroying a stream that somebody waits on is an error to Node, not to us.
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stream.destroy();
  }
}
