import { close, read } from 'node:fs';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const readBytes = promisify(read);
const closeFile = promisify(close);

/** Bytes in order, read into memory that the caller brings. */
export interface ByteInput {
  /** Fills the memory; fewer bytes than fit only when the input ends. Resolves to the bytes read. */
  fill(target: Uint8Array): Promise<number>;
  /** Reads what is there, at least one byte; 0 when the input has ended. */
  read(target: Uint8Array): Promise<number>;
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
    while (filled < target.byteLength) {
      // Linux reads at most 2 GiB - 4 KiB at once; whatever comes is counted, so no limit of ours is needed.
      const read = await this.#read(target, filled);
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }

  read(target: Uint8Array): Promise<number> {
    return this.#read(target, 0);
  }

  async #read(target: Uint8Array, at: number): Promise<number> {
    if (this.#closing !== undefined) return 0;
    const reading = readBytes(this.#descriptor, target, at, target.byteLength - at, null);
    this.#reading = reading.catch(() => undefined);
    return (await reading).bytesRead;
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
      const read = await this.read(filled === 0 ? target : target.subarray(filled));
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }

  async read(target: Uint8Array): Promise<number> {
    while (this.#left.byteLength === 0) if (!(await this.#nextChunk())) return 0;
    const piece = this.#left.subarray(0, target.byteLength);
    target.set(piece);
    this.#left = this.#left.subarray(piece.byteLength);
    return piece.byteLength;
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
