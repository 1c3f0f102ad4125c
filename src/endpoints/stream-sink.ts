import { type FileHandle, open } from 'node:fs/promises';
import { FramelaneError } from '../error.js';
import type { AccessUnit, NalCodec } from '../nal/index.js';
import { type EncodingOptions, encodingReaders } from './encoding.js';
import { streamEndings, streamFileCodec } from './stream-file.js';
import type { UnitSink } from './unit-sink.js';
import { badUri, type EndpointUri, readOptions } from './uri.js';

/**
 * `file:PATH.hevc` and its like, as a sink: the units' bytes as they are, one after another, so Annex B. Each unit is
 * written in one go: who is killed leaves whole units and at most one cut one.
 */
export class StreamFileSink implements UnitSink {
  readonly uri: string;
  readonly accepts: readonly NalCodec[];
  readonly encoding: EncodingOptions | undefined;
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;
  #closed = false;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri) {
    const codec = streamFileCodec(uri);
    if (codec === undefined) {
      throw badUri(uri, `only streams are written into files, named ${streamEndings.join(', ')}; pixels by raw:PATH`);
    }
    const options = readOptions(uri, encodingReaders);
    this.uri = uri.text;
    this.#path = uri.path;
    this.accepts = [codec];
    this.encoding = codec === 'vvc' ? undefined : { ...options, codec };
  }

  /** Opens the file, so that a wrong one is known before the source starts. Throws `IO`. */
  async begin(): Promise<void> {
    await this.#open();
  }

  async write(unit: AccessUnit): Promise<boolean> {
    const file = await this.#open();
    await file.writeFile(unit.data).catch((cause) => {
      throw this.#failure(cause as Error);
    });
    return true;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file?.then(
      (opened) => opened.close(),
      () => undefined, // Told to whoever wrote.
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<FileHandle> {
    if (this.#closed) throw this.#failure(new Error('closed already'));
    this.#file ??= open(this.#path, 'w').catch((cause) => {
      throw this.#failure(cause as Error);
    });
    return this.#file;
  }

  #failure(cause: Error): FramelaneError {
    return new FramelaneError('IO', `${this.uri}: ${cause.message}`, { subject: this.#path }, { cause });
  }
}
