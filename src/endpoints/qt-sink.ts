import { setTimeout as sleep } from 'node:timers/promises';
import { FramelaneError } from '../error.js';
import { copyFrame, type Frame } from '../frame/frame.js';
import { imageListBytes, QtSharedMemory, type QtSharedMemoryOptions, writeImageList } from '../qt/index.js';
import { inMs, qtKey, qtMemoryOptions, qtOptionReaders } from './qt-address.js';
import type { Sink } from './sink.js';
import { byteCount, type EndpointUri, flag, positive, readOptions, whole } from './uri.js';

const optionReaders = {
  ...qtOptionReaders,
  images: whole(1, 65_536),
  capacity: byteCount,
  linger: positive('a number of seconds', 'forever'),
  keep: flag,
};

/** How often a sink that lingers looks whether somebody attached, in ms. */
const lookMs = 20;

/** `qt:KEY`: frames as image lists in a QSharedMemory that Qt programs attach to. */
export class QtSink implements Sink {
  readonly uri: string;
  readonly #key: string;
  readonly #options: QtSharedMemoryOptions;
  readonly #images: number;
  readonly #capacity: number;
  readonly #lingerMs: number;
  readonly #keep: boolean;
  #memory: QtSharedMemory | undefined;
  /** Frames of the next list; the sink's own copies. */
  #gathered: Frame[] = [];
  #signal: AbortSignal | undefined;
  #closed = false;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri) {
    const { images = 1, capacity = 0, linger = 10, keep = false, ...options } = readOptions(uri, optionReaders);
    this.uri = uri.text;
    this.#key = qtKey(uri);
    this.#options = qtMemoryOptions(options);
    this.#images = images;
    this.#capacity = capacity;
    this.#lingerMs = inMs(linger);
    this.#keep = keep;
  }

  /** Writes a list with every `images` frames. Throws `QT_BUSY`, `QT_LOCKED`, `QT_NO_SPACE`. */
  async write(frame: Frame, signal?: AbortSignal): Promise<boolean> {
    this.#signal = signal;
    if (this.#images === 1) return this.#writeList([frame]);
    this.#gathered.push(copyFrame(frame));
    return this.#gathered.length < this.#images || this.#writeList(this.#gathered.splice(0));
  }

  /**
   * Writes what is left over as a shorter list. The last one out removes the segment, so this waits, `linger` seconds at
   * most, until some Qt program has attached; not after an interruption, and not with `keep`.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#gathered.length > 0 && this.#signal?.aborted !== true) await this.#writeList(this.#gathered);
      if (!this.#keep) await this.#linger();
    } finally {
      this.#memory?.close({ keep: this.#keep });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #writeList(frames: readonly Frame[]): Promise<boolean> {
    try {
      this.#memory ??= await this.#open(Math.max(this.#capacity, imageListBytes(frames)));
      using _ = await this.#memory.lock(undefined, this.#signal);
      writeImageList(this.#memory.data, frames, this.uri);
      return true;
    } catch (error) {
      if (this.#signal?.aborted) return false;
      throw error;
    }
  }

  /** A segment of our own, or the one that a Qt program has made for us. */
  async #open(bytes: number): Promise<QtSharedMemory> {
    const options = { ...this.#options, signal: this.#signal };
    try {
      return await QtSharedMemory.create(this.#key, bytes, options);
    } catch (error) {
      if (!(error instanceof FramelaneError) || error.code !== 'QT_BUSY') throw error;
      return QtSharedMemory.attach(this.#key, options);
    }
  }

  async #linger(): Promise<void> {
    const end = performance.now() + this.#lingerMs;
    while (this.#memory?.visited === false && this.#signal?.aborted !== true && performance.now() < end) {
      await sleep(lookMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }
}
