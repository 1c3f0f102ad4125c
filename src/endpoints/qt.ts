import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from '../frame/frame.js';
import { QtSharedMemory, type QtSharedMemoryOptions, readImageList } from '../qt/index.js';
import { unixTime } from './clock.js';
import { inMs, isMissing, qtKey, qtMemoryOptions, qtOptionReaders } from './qt-address.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { type EndpointUri, flag, positive, readOptions } from './uri.js';

const optionReaders = {
  ...qtOptionReaders,
  wait: positive('a number of seconds', 'forever'),
  follow: flag,
  poll: positive('milliseconds'),
};

/** How often a segment that is waited for is looked for, in ms. */
const lookMs = 20;

/** Looking for changes takes at most this part of the time. */
const pollShare = 0.1;

/** `qt:KEY`: the image list in a Qt program's QSharedMemory: once, or again and again as it changes. */
export class QtSource implements Source {
  readonly uri: string;
  readonly #key: string;
  readonly #memory: QtSharedMemoryOptions;
  readonly #waitMs: number;
  readonly #follow: boolean;
  readonly #pollMs: number;
  readonly #closing = new AbortController();
  #attached: QtSharedMemory | undefined;
  /** The segment's bytes as they were under its lock. */
  #seen: Uint8Array = new Uint8Array(0);
  #fresh = false;
  #taken = 0;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri) {
    const { wait = 0, follow = false, poll = 10, ...options } = readOptions(uri, optionReaders);
    this.uri = uri.text;
    this.#key = qtKey(uri);
    this.#memory = qtMemoryOptions(options);
    this.#waitMs = inMs(wait);
    this.#follow = follow;
    this.#pollMs = poll;
  }

  /** What the first image of the list is. Throws `QT_NOT_FOUND`, `QT_LOCKED`, `QT_DAMAGED`, `UNSUPPORTED`. */
  async info(): Promise<StreamInfo> {
    const images = await this.#firstList(this.#closing.signal);
    const { format, width, height } = images[0] ?? {};
    return this.#follow ? { format, width, height } : { format, width, height, frames: images.length };
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const signal = AbortSignal.any(signals);
    try {
      yield* this.#counted(await this.#firstList(signal));
      while (this.#follow && (await this.#changed(signal))) yield* this.#counted(this.#images());
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#leave();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  /** Ends the iteration and leaves the segment; idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The last one out removes the segment, unless a list that was left behind was only looked at. */
  #leave(): void {
    const memory = this.#attached;
    memory?.close({ keep: memory.leftBehind && this.#taken === 0 });
  }

  *#counted(images: readonly Frame[]): Generator<Frame> {
    for (const image of images) {
      this.#taken++;
      yield image;
    }
  }

  /** The list that is there, as it was seen last by info() or is now. With wait=, the first one that has an image. */
  async #firstList(signal: AbortSignal): Promise<Frame[]> {
    const end = performance.now() + this.#waitMs;
    for (;;) {
      this.#attached ??= await this.#attach(end, signal);
      if (!this.#fresh) await this.#look(this.#attached, signal);
      this.#fresh = true;
      const images = this.#images();
      if (images.length > 0 || performance.now() >= end) return images;
      this.#fresh = false;
      await sleep(lookMs, undefined, { signal });
    }
  }

  async #attach(end: number, signal: AbortSignal): Promise<QtSharedMemory> {
    for (;;) {
      try {
        return await QtSharedMemory.attach(this.#key, { ...this.#memory, signal });
      } catch (error) {
        if (!isMissing(error) || performance.now() >= end) throw error;
      }
      await sleep(lookMs, undefined, { signal });
    }
  }

  /**
   * Copies the segment under its lock, so that the Qt program can go on while the frames are used. True when it differs
   * from the last copy.
   */
  async #look(memory: QtSharedMemory, signal: AbortSignal): Promise<boolean> {
    using _ = await memory.lock(undefined, signal);
    const { data } = memory;
    if (this.#seen.length === data.length && Buffer.compare(this.#seen, data) === 0) return false;
    // Frames of the list before may still be in use: they keep the old copy.
    this.#seen = new Uint8Array(data);
    return true;
  }

  #images(): Frame[] {
    return readImageList(this.#seen, { subject: `qt:${this.#key}`, captureTime: unixTime() });
  }

  /** Waits for another content. False: the segment's programs are gone. */
  async #changed(signal: AbortSignal): Promise<boolean> {
    const memory = this.#attached as QtSharedMemory;
    for (let pauseMs = this.#pollMs; memory.attached !== 1 && memory.current; ) {
      await sleep(pauseMs, undefined, { signal });
      const began = performance.now();
      if (await this.#look(memory, signal)) return true;
      pauseMs = Math.max(this.#pollMs, (performance.now() - began) * (1 / pollShare - 1));
    }
    return false;
  }
}
