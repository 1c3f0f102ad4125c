import type { BufferPool } from '../wire/buffer-pool.js';
import type { LiveFrame } from '../wire/live-frame.js';

/** Frames kept at most. */
const mostFrames = 120;

/** Bytes kept at most. */
const mostBytes = 64 << 20;

/** The last frames, to step through while paused: what happened just before is what one wants to see. */
export class History {
  readonly #frames: LiveFrame[] = [];
  readonly #pool: BufferPool;
  #bytes = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Number of frames there are. */
  get length(): number {
    return this.#frames.length;
  }

  /** The newest frame. */
  get newest(): LiveFrame | undefined {
    return this.#frames.at(-1);
  }

  /** Keeps a frame, and lets the oldest go when there are too many. The newest two always stay: one may be drawn yet. */
  add(frame: LiveFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.buffer.byteLength;
    while (this.#frames.length > 2 && (this.#frames.length > mostFrames || this.#bytes > mostBytes)) this.#drop();
  }

  /** The frame so many places before (negative) or after another; undefined beyond either end. */
  beside(frame: LiveFrame, places: number): LiveFrame | undefined {
    const index = this.#frames.indexOf(frame);
    return index < 0 ? undefined : this.#frames[index + places];
  }

  /** Lets all frames go. */
  clear(): void {
    while (this.#frames.length > 0) this.#drop();
  }

  #drop(): void {
    const oldest = this.#frames.shift() as LiveFrame;
    this.#bytes -= oldest.buffer.byteLength;
    this.#pool.give(oldest.buffer);
  }
}
