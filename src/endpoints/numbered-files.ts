import { mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import type { Sink } from './sink.js';

/** Makes a file's bytes, in parts, out of a frame; the parts may be views of the frame. */
export type FrameEncoder = (frame: Frame) => readonly Uint8Array[];

/**
 * A folder that gets one file a frame: frame-000001.png, frame-000002.png ... in the order they came. The folder is
 * made where it is missing; files of the same name are written over.
 */
export class NumberedFiles implements Sink {
  readonly uri: string;
  readonly #folder: string;
  readonly #extension: string;
  readonly #encode: FrameEncoder;
  #count = 0;

  constructor(uri: string, folder: string, extension: string, encode: FrameEncoder) {
    this.uri = uri;
    this.#folder = folder;
    this.#extension = extension;
    this.#encode = encode;
  }

  /** Makes the folder, so that a wrong one is known before the source starts. */
  async begin(): Promise<void> {
    await makeFolder(this.#folder).catch((cause) => {
      throw this.#failure(this.#folder, cause as Error);
    });
  }

  async write(frame: Frame): Promise<boolean> {
    if (this.#count === 0) await this.begin();
    const number = String(this.#count + 1).padStart(6, '0');
    const file = path.join(this.#folder, `frame-${number}.${this.#extension}`);
    const parts = this.#encode(frame);
    await writeParts(file, parts).catch((cause) => {
      throw this.#failure(file, cause as Error);
    });
    this.#count++;
    return true;
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #failure(file: string, cause: Error): FramelaneError {
    return new FramelaneError(
      'IO',
      `${this.uri}: cannot write ${file}: ${cause.message}`,
      { subject: file },
      { cause },
    );
  }
}

async function writeParts(file: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const part of parts) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}

/** Node's own recursive mkdir never ends where a folder is there and takes no others, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT') throw cause;
    await makeFolder(path.dirname(path.resolve(folder)));
    await mkdir(folder);
  }
}
