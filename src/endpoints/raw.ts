import { constants, open as openFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import { type FrameSpec, frameBytes } from '../frame/geometry.js';
import { type ByteInput, DescriptorInput, StreamInput } from './byte-input.js';
import { readRawFrames } from './raw-frames.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { badUri, type EndpointUri, flag, frameRate, frameSize, pixelFormat, readOptions } from './uri.js';

const openDescriptor = promisify(openFile);

const optionReaders = { size: frameSize, format: pixelFormat, fps: frameRate, loop: flag };

/** `raw:PATH` or `raw:-` (standard input): frames of one size, pixels and nothing else. */
export class RawSource implements Source {
  readonly uri: string;
  /** Frames a second that the address asks for. */
  readonly fps: number | undefined;
  readonly #path: string;
  readonly #spec: FrameSpec;
  readonly #loop: boolean;
  #input: ByteInput | undefined;
  #closed = false;

  /** Throws `BAD_URI` without size and format. */
  constructor(uri: EndpointUri, loop = false) {
    const { size, format, ...options } = readOptions(uri, optionReaders);
    if (size === undefined || format === undefined) {
      throw badUri(uri, `raw pixels do not say what they are; give both, as in ${example(uri)}`);
    }
    this.uri = uri.text;
    this.fps = options.fps;
    this.#path = uri.path;
    this.#spec = { format, ...size };
    this.#loop = options.loop ?? loop;
    if (this.#loop && this.#standardInput) throw badUri(uri, 'standard input cannot be read again: no loop');
  }

  get #standardInput(): boolean {
    return this.#path === '' || this.#path === '-';
  }

  get recorded(): boolean {
    return this.fps === undefined && !this.#standardInput;
  }

  async info(): Promise<StreamInfo> {
    const { format, width, height } = this.#spec;
    const about = { format, width, height, fps: this.fps };
    if (this.#standardInput) return about;
    const file = await stat(this.#path).catch((cause) => {
      throw this.#failure(cause as Error);
    });
    const endless = this.#loop || !file.isFile();
    return endless ? about : { ...about, frames: Math.ceil(file.size / frameBytes(this.#spec)) };
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { memory = new RecycledMemory(), signal } = options;
    let sequence = 1;
    do {
      const input = await this.#open();
      const stop = () => void input.close();
      if (input instanceof StreamInput) signal?.addEventListener('abort', stop, { once: true });
      try {
        const reading = { memory, signal, firstSequence: sequence, stopped: () => this.#closed };
        sequence += yield* readRawFrames(input, this.uri, this.#spec, reading);
      } finally {
        signal?.removeEventListener('abort', stop);
        await input.close();
      }
      if (sequence === 1) return; // An empty file, looped, would keep a processor busy for ever.
    } while (this.#loop && !this.#closed && !signal?.aborted);
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#input?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<ByteInput> {
    this.#input = await this.#openInput().catch((cause) => {
      throw this.#failure(cause as Error);
    });
    return this.#input;
  }

  async #openInput(): Promise<ByteInput> {
    if (this.#standardInput) return new StreamInput(process.stdin);
    if (!(await stat(this.#path)).isFIFO()) return new DescriptorInput(await openDescriptor(this.#path, 'r'));
    // Opened so that neither this nor reading blocks a thread when nobody writes: a blocked one could not be stopped.
    const fd = await openDescriptor(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new StreamInput(new Socket({ fd, readable: true, writable: false }));
  }

  #failure(cause: Error): FramelaneError {
    return new FramelaneError('IO', `${this.uri}: ${cause.message}`, { subject: this.#path }, { cause });
  }
}

function example(uri: EndpointUri): string {
  return `raw:${uri.path}?size=1920x1080&format=rgb24`;
}
