import { type FileHandle, open } from 'node:fs/promises';
import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import {
  decodeImageHeader,
  fillPixels,
  type ImageOptions,
  imageFacts,
  imageHeaderBytes,
  planImage,
} from '../tine/index.js';
import { imageTools } from './image-tools.js';
import { noteOriginal, type Original } from './original.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { badUri, type EndpointUri, flag, frameRate, readOptions } from './uri.js';

const optionReaders = { fps: frameRate, loop: flag, bgr: flag, strict: flag };

/** `tine-file:PATH`: TINE images, header and pixels, one after another; each says how long it is. */
export class TineFileSource implements Source {
  readonly uri: string;
  /** Frames a second that the address asks for. */
  readonly fps: number | undefined;
  readonly #path: string;
  readonly #loop: boolean;
  readonly #options: ImageOptions;
  readonly #originals: boolean;
  #closed = false;

  /** Throws `BAD_URI`. `originals`: images can be had again from `originalOf(frame)`. */
  constructor(uri: EndpointUri, loop = false, originals = false) {
    const { fps, loop: ownLoop, ...options } = readOptions(uri, optionReaders);
    if (uri.path === '') throw badUri(uri, 'name the file: tine-file:PATH');
    this.uri = uri.text;
    this.fps = fps;
    this.#path = uri.path;
    this.#loop = ownLoop ?? loop;
    this.#options = { ...options, ...imageTools() };
    this.#originals = originals;
  }

  /** What the first image says. Throws `IO`, `TINE_INVALID`, `TRUNCATED`, `NOT_DECODED`, `JPEG_INVALID`. */
  get recorded(): boolean {
    return this.fps === undefined;
  }

  async info(): Promise<StreamInfo> {
    for await (const { bytes, at } of this.#images()) {
      const { format, width, height } = await this.#within(at, async () => planImage(bytes, this.#options).spec);
      return { format, width, height, fps: this.fps };
    }
    return { fps: this.fps, frames: 0 };
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { memory = new RecycledMemory(), signal } = options;
    const stopped = () => this.#closed || signal?.aborted === true;
    let count = 0;
    do {
      for await (const { bytes, at } of this.#images()) {
        if (stopped()) return;
        count++;
        const frame = await this.#within(at, () => this.#decode(bytes, memory, signal));
        if (frame === undefined) continue;
        yield this.#originals ? noteOriginal(frame, this.#original(at, bytes.length)) : frame;
      }
    } while (this.#loop && count > 0 && !stopped());
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #decode(bytes: Uint8Array, memory: FrameMemory, signal?: AbortSignal): Promise<Frame | undefined> {
    const plan = planImage(bytes, this.#options);
    const space = await memory.space(plan.spec, signal);
    if (space === undefined) return undefined;
    try {
      fillPixels(plan, space, this.#options);
    } catch (error) {
      space.abandon();
      throw error;
    }
    return space.finish(imageFacts(plan));
  }

  /** The images' bytes, each good until the next one is asked for, and where in the file they start. */
  async *#images(): AsyncGenerator<{ bytes: Uint8Array; at: number }> {
    await using file = await this.#open();
    const { size } = await file.stat();
    let buffer = new Uint8Array(imageHeaderBytes);
    for (let at = 0; at < size; ) {
      const headerLength = Math.min(imageHeaderBytes, size - at);
      await readAt(file, buffer.subarray(0, headerLength), at);
      // What the header announces is believed only as far as the file goes.
      const announced = await this.#within(at, async () => imageLength(buffer.subarray(0, headerLength)));
      const length = Math.min(announced, size - at);
      if (buffer.length < length) buffer = new Uint8Array(length);
      await readAt(file, buffer.subarray(0, length), at);
      yield { bytes: buffer.subarray(0, length), at };
      at += length;
    }
  }

  /** An image of the file: read again when it is wanted, so that none is kept in memory. */
  #original(at: number, length: number): Original {
    const read = async () => {
      await using file = await this.#open();
      const bytes = new Uint8Array(length);
      await readAt(file, bytes, at);
      return bytes;
    };
    return { heldBytes: 0, read };
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.#path, 'r').catch((cause: Error) => {
      throw new FramelaneError('IO', `${this.uri}: ${cause.message}`, { subject: this.#path }, { cause });
    });
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new FramelaneError('IO', `${this.uri}: ${this.#path} is no file`, { subject: this.#path });
  }

  /** Errors about an image, with its place in the file. */
  async #within<T>(at: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof FramelaneError)) throw cause;
      const offset = at + (cause.details.offset ?? 0);
      const message = `${this.uri}: image at byte ${at}: ${cause.message}`;
      throw new FramelaneError(cause.code, message, { ...cause.details, subject: this.uri, offset }, { cause });
    }
  }
}

/** Bytes of header and appended image, by the header's word. */
function imageLength(header: Uint8Array): number {
  return imageHeaderBytes + Math.max(0, decodeImageHeader(header).appendedFrameSize);
}

async function readAt(file: FileHandle, into: Uint8Array, at: number): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, at + filled);
    if (bytesRead === 0)
      throw new FramelaneError('TRUNCATED', 'the file became shorter while it was read', { offset: at });
    filled += bytesRead;
  }
}
