import { close, open as openFile, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import { PixelPacker } from './pixel-packer.js';
import type { Sink } from './sink.js';
import { badUri, type EndpointUri, readOptions } from './uri.js';

const openDescriptor = promisify(openFile);
const closeDescriptor = promisify(close);
const writeBytes = promisify(write);

const standardOutput = 1;

/** `raw:PATH` or `raw:-` (standard output): the pixels of every frame, without padding, and nothing between them. */
export class RawSink implements Sink {
  readonly uri: string;
  readonly #path: string;
  readonly #packer = new PixelPacker();
  #descriptor: number | undefined;
  #shape: string | undefined;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri) {
    readOptions(uri, {});
    if (uri.path === '') throw badUri(uri, 'name a file, or - for standard output: raw:-');
    this.uri = uri.text;
    this.#path = uri.path;
  }

  /** Whether pixels go to standard output, which then carries nothing else. */
  get standardOutput(): boolean {
    return this.#path === '-';
  }

  /** Opens the file, so that a wrong one is known before the source starts. */
  async begin(): Promise<void> {
    await this.#open();
  }

  async write(frame: Frame): Promise<boolean> {
    this.#checkShape(frame);
    const descriptor = await this.#open();
    await this.#packer.pack(frame, (bytes) => this.#write(descriptor, bytes));
    return true;
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined && descriptor !== standardOutput) await closeDescriptor(descriptor);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Nothing in raw pixels says where one frame ends, so all must be alike. */
  #checkShape(frame: Frame): void {
    const shape = `${frame.width}x${frame.height} ${frame.format}`;
    this.#shape ??= shape;
    if (shape !== this.#shape) {
      throw new FramelaneError(
        'UNSUPPORTED',
        `${this.uri}: the stream changed from ${this.#shape} to ${shape}, which raw pixels cannot say; use npy:DIR`,
        { subject: this.uri, sequence: frame.sequence },
      );
    }
  }

  async #open(): Promise<number> {
    if (this.#descriptor !== undefined) return this.#descriptor;
    this.#descriptor = this.standardOutput
      ? standardOutput
      : await openDescriptor(this.#path, 'w').catch((cause) => {
          throw this.#failure(cause as Error);
        });
    return this.#descriptor as number;
  }

  async #write(descriptor: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      at += await this.#writeSome(descriptor, bytes.subarray(at));
    }
  }

  async #writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
    try {
      return (await writeBytes(descriptor, bytes)).bytesWritten;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') throw this.#failure(cause as Error);
      await sleep(1); // Somebody made the pipe non-blocking, and it is full.
      return 0;
    }
  }

  #failure(cause: Error): FramelaneError {
    const gone = (cause as NodeJS.ErrnoException).code === 'EPIPE';
    const message = gone ? 'whoever read our output has gone' : cause.message;
    return new FramelaneError('IO', `${this.uri}: ${message}`, { subject: this.uri }, { cause });
  }
}
