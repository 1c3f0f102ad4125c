import { FramelaneError } from '../error.js';

/** Packets that a window looks back by default: what a reordering network needs, twice that of a receiver's patience. */
export const defaultReplayWindow = 1024;

/** Windows there are, in packets; RFC 3711 section 3.3.2 asks for 64 at least. */
export const replayWindowLimits = { least: 64, most: 32_768 } as const;

/** Which of the latest packets were there already (RFC 3711 section 3.3.2): a bit each, in a ring. */
export class ReplayWindow {
  /** Highest index so far; -1 before the first. */
  highest = -1;
  readonly #size: number;
  readonly #bits: Int32Array;

  /** `size` is a power of two. Throws `BAD_ARGUMENT`. */
  constructor(size: number = defaultReplayWindow) {
    const { least, most } = replayWindowLimits;
    if (!(size >= least && size <= most && (size & (size - 1)) === 0)) {
      throw new FramelaneError('BAD_ARGUMENT', `a replay window of ${size}: a power of two from ${least} to ${most}`);
    }
    this.#size = size;
    this.#bits = new Int32Array(size >> 5);
  }

  /** Whether a packet was not there yet, and is not too old to know. */
  isFresh(index: number): boolean {
    if (index > this.highest) return true;
    if (this.highest - index >= this.#size) return false;
    const at = index & (this.#size - 1);
    return ((this.#bits[at >> 5] as number) & (1 << (at & 31))) === 0;
  }

  /** Takes note of a packet that is fresh and authentic. */
  accept(index: number): void {
    const ahead = index - this.highest;
    if (ahead > 0) this.#advance(index, ahead);
    const at = index & (this.#size - 1);
    this.#bits[at >> 5] = (this.#bits[at >> 5] as number) | (1 << (at & 31));
  }

  /** A copy of all of its state, to compare. */
  snapshot(): { readonly highest: number; readonly bits: Int32Array } {
    return { highest: this.highest, bits: this.#bits.slice() };
  }

  /** Those between have not been there, and what stood in their places is too old now. */
  #advance(index: number, ahead: number): void {
    const mask = this.#size - 1;
    if (ahead >= this.#size) this.#bits.fill(0);
    else
      for (let between = 1; between < ahead; between++) {
        const at = (this.highest + between) & mask;
        this.#bits[at >> 5] = (this.#bits[at >> 5] as number) & ~(1 << (at & 31));
      }
    this.highest = index;
  }
}
