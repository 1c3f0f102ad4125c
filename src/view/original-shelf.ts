import type { Original } from '../endpoints/original.js';
import type { Frame } from '../frame/index.js';

/** Originals that are kept, and bytes of memory that they may take together. */
const mostOriginals = 120;
const mostBytes = 64 << 20;

interface Kept {
  readonly sequence: number;
  readonly captureTime: bigint;
  readonly original: Original;
}

/** What the newest frames were decoded from, for whoever wants to save the one on the screen. */
export class OriginalShelf {
  readonly #kept: Kept[] = [];
  #bytes = 0;

  /** Whether there are any. */
  get empty(): boolean {
    return this.#kept.length === 0;
  }

  /** Keeps a frame's original; the oldest go when there are too many. */
  add({ sequence, captureTime }: Frame, original: Original): void {
    this.#kept.push({ sequence, captureTime, original });
    this.#bytes += original.heldBytes;
    while (this.#kept.length > mostOriginals || (this.#bytes > mostBytes && this.#kept.length > 1)) {
      this.#bytes -= this.#kept.shift()?.original.heldBytes ?? 0;
    }
  }

  /** The original of the frame with that number and time; undefined when it is gone. */
  find(sequence: number, captureTime: bigint): Original | undefined {
    return this.#kept.findLast((one) => one.sequence === sequence && one.captureTime === captureTime)?.original;
  }

  /** Lets all of them go. */
  clear(): void {
    this.#kept.length = 0;
    this.#bytes = 0;
  }
}
