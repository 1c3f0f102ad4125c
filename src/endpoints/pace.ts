import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Frame } from '../frame/frame.js';
import type { AccessUnit } from '../nal/index.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';

/** Frames that may be caught up without a pause after a delay; beyond that the schedule starts anew. */
const catchUpFrames = 8;

/**
 * Says when the next frame is due. Frame k is due at start + k / fps, so rounding never adds up to a drift.
 */
export class Pacer {
  readonly #periodMs: number;
  #start = 0;
  #count = 0;

  constructor(
    /** Frames a second; 0 for as fast as possible. */
    readonly fps: number,
  ) {
    this.#periodMs = fps > 0 ? 1000 / fps : 0;
  }

  /** Waits for the next frame's moment. Resolves early, quietly, when the signal is aborted. */
  async next(signal?: AbortSignal): Promise<void> {
    if (this.#periodMs === 0) return turn();
    const now = performance.now();
    if (this.#count === 0 || now - this.#due() > catchUpFrames * this.#periodMs) {
      this.#start = now;
      this.#count = 0;
    }
    const due = this.#due();
    this.#count++;
    await waitUntil(due, signal);
  }

  #due(): number {
    return this.#start + this.#count * this.#periodMs;
  }
}

/** Timers are good to a millisecond: frames jitter by that much, and the schedule does not. */
async function waitUntil(due: number, signal?: AbortSignal): Promise<void> {
  const pause = due - performance.now();
  // A frame that is late lets timers and signals have their turn all the same.
  if (pause < 0.5) return turn();
  await sleep(Math.round(pause), undefined, { signal }).catch(() => undefined);
}

async function* paced<T>(
  items: AsyncIterableIterator<T>,
  fps: number,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<T> {
  const pacer = new Pacer(fps);
  try {
    for (;;) {
      // Before the frame is fetched: one that waited here would be old when it leaves.
      await pacer.next(signal);
      const next = await items.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await items.return?.();
  }
}

/** A source slowed down to a number of frames a second. */
export class PacedSource implements Source {
  readonly uri: string;
  readonly #source: Source;
  readonly #fps: number;

  constructor(source: Source, fps: number) {
    this.uri = source.uri;
    this.#source = source;
    this.#fps = fps;
  }

  get missed(): number | undefined {
    return this.#source.missed;
  }

  async info(): Promise<StreamInfo> {
    return { ...(await this.#source.info()), fps: this.#fps };
  }

  frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    return paced(this.#source.frames(options), this.#fps, options.signal);
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A source of encoded video slowed down to a number of pictures a second. */
export class PacedUnits implements UnitSource {
  readonly uri: string;
  readonly #source: UnitSource;
  readonly #fps: number;

  /** Takes the source over: it is closed with this one. */
  constructor(source: UnitSource, fps: number) {
    this.uri = source.uri;
    this.#source = source;
    this.#fps = fps;
  }

  get missed(): number | undefined {
    return this.#source.missed;
  }

  async info(): Promise<UnitStreamInfo> {
    const info = await this.#source.info();
    return this.#fps > 0 ? { ...info, fps: this.#fps } : info;
  }

  units({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<AccessUnit> {
    return paced(this.#source.units({ signal }), this.#fps, signal);
  }

  [Symbol.asyncIterator](): AsyncIterator<AccessUnit> {
    return this.units();
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
