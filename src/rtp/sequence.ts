/** How far `to` is ahead of `from` on the circle of 2^16 sequence numbers: -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** The sequence number `steps` after another. */
export function sequenceAfter(sequence: number, steps = 1): number {
  return (sequence + steps) & 0xffff;
}

/** How far `to` is ahead of `from` on the circle of 2^32 RTP timestamps: -2^31 to 2^31 - 1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** Sequence numbers without wraps: the first packet keeps its number, and each one after it is counted on from there. */
export class ExtendedSequence {
  #highest: number | undefined;

  /** The highest number so far, undefined before the first. */
  get highest(): number | undefined {
    return this.#highest;
  }

  /** The extended number that a packet's 16 bits stand for, nearest to the highest so far; moves nothing. */
  of(sequence: number): number {
    if (this.#highest === undefined) return sequence;
    return this.#highest + sequenceDistance(this.#highest & 0xffff, sequence);
  }

  /** Takes note of an extended number of {@link of}. */
  advance(extended: number): void {
    if (this.#highest === undefined || extended > this.#highest) this.#highest = extended;
  }
}
