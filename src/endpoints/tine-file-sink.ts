import { type FileHandle, open } from 'node:fs/promises';
import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import { TurboJpeg } from '../jpeg/index.js';
import { type EncodeImageOptions, encodeImage } from '../tine/index.js';
import type { Sink } from './sink.js';
import { badUri, type EndpointUri, oneOf, readOptions, whole } from './uri.js';

const optionReaders = { encoding: oneOf('raw', 'jpeg'), quality: whole(1, 100) };

/** `tine-file:PATH`: every frame as a TINE image, one after another in a file. */
export class TineFileSink implements Sink {
  readonly uri: string;
  readonly #path: string;
  readonly #options: EncodeImageOptions;
  #file: FileHandle | undefined;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri) {
    const { encoding, quality } = readOptions(uri, optionReaders);
    if (uri.path === '') throw badUri(uri, 'name the file: tine-file:PATH');
    this.uri = uri.text;
    this.#path = uri.path;
    this.#options = encoding === 'jpeg' ? { jpeg: new TurboJpeg(), quality } : {};
  }

  /** Opens the file, so that a wrong one is known before the source starts. */
  async begin(): Promise<void> {
    await this.#open();
  }

  async write(frame: Frame): Promise<boolean> {
    const file = await this.#open();
    const image = encodeImage(frame, this.#options);
    await file.writeFile(image).catch((cause) => {
      throw this.#failure(cause as Error);
    });
    return true;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<FileHandle> {
    this.#file ??= await open(this.#path, 'w').catch((cause) => {
      throw this.#failure(cause as Error);
    });
    return this.#file as FileHandle;
  }

  #failure(cause: Error): FramelaneError {
    return new FramelaneError('IO', `${this.uri}: ${cause.message}`, { subject: this.#path }, { cause });
  }
}
