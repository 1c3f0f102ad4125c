/**
 * Copies ranges of one buffer into another: `ranges` holds `count` triples of offset in `from`, length, offset in `into`,
 * all in bytes and within both.
 */
export type Gather = (from: Uint8Array, ranges: Uint32Array, count: number, into: Uint8Array) => void;

/** {@link Gather} without native code. */
export const gatherPortable: Gather = (from, ranges, count, into) => {
  for (let at = 0; at < 3 * count; at += 3) {
    const offset = ranges[at] as number;
    into.set(from.subarray(offset, offset + (ranges[at + 1] as number)), ranges[at + 2] as number);
  }
};

/** Ranges that are copied by one call. */
const mostRanges = 1024;

/**
 * Copies that are yet to be done, collected so that one call does those of a whole batch. They are done when another
 * buffer is read or written, when the list is full, and by {@link flush}: before any of the bytes may change.
 */
export class CopyList {
  readonly #gather: Gather;
  readonly #ranges = new Uint32Array(3 * mostRanges);
  #count = 0;
  #from: Uint8Array | undefined;
  #into: Uint8Array | undefined;

  constructor(gather: Gather = gatherPortable) {
    this.#gather = gather;
  }

  /** Adds the copy of `length` bytes from `offset` to `to`. */
  add(from: Uint8Array, offset: number, length: number, into: Uint8Array, to: number): void {
    if (from !== this.#from || into !== this.#into || this.#count === mostRanges) this.#turn(from, into);
    const at = 3 * this.#count++;
    const ranges = this.#ranges;
    ranges[at] = offset;
    ranges[at + 1] = length;
    ranges[at + 2] = to;
  }

  /** Does the copies. */
  flush(): void {
    if (this.#count > 0) this.#gather(this.#from as Uint8Array, this.#ranges, this.#count, this.#into as Uint8Array);
    this.#count = 0;
    // Kept no longer than needed: the slab and the unit belong to others.
    this.#from = undefined;
    this.#into = undefined;
  }

  /** Forgets copies into a buffer whose content nobody wants any more. */
  forget(into: Uint8Array): void {
    if (into === this.#into) this.#count = 0;
  }

  #turn(from: Uint8Array, into: Uint8Array): void {
    this.flush();
    this.#from = from;
    this.#into = into;
  }
}
