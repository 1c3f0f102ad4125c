const interesting = [0, 1, 2, 3, 4, 8, 12, 16, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Random choices that a seed repeats (mulberry32), and changes of bytes made of them. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A copy of `seed` with one to eight changes. */
  mutate(seed: Uint8Array): Uint8Array {
    let bytes: Uint8Array = seed.slice();
    for (let changes = 1 + this.below(8); changes > 0; changes--) bytes = this.#change(bytes);
    return bytes;
  }

  #change(bytes: Uint8Array): Uint8Array {
    if (bytes.length < 8) return bytes;
    // Headers are where it hurts: half of the changes are in the first 700 bytes.
    const at = this.below(this.below(2) === 0 ? Math.min(700, bytes.length - 4) : bytes.length - 4);
    switch (this.below(7)) {
      case 0:
        bytes[at] = this.below(256);
        return bytes;
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << this.below(8));
        return bytes;
      case 2:
        new DataView(bytes.buffer, bytes.byteOffset).setUint32(at & ~3, this.pick(interesting), true);
        return bytes;
      case 3:
        bytes[at] = this.pick(interesting) & 255;
        return bytes;
      case 4:
        return this.below(8) === 0 ? bytes.slice(0, at) : bytes;
      case 5:
        bytes.copyWithin(at, this.below(bytes.length), this.below(bytes.length));
        return bytes;
      default: {
        const piece = bytes.subarray(at, at + 1 + this.below(64));
        return Uint8Array.of(...bytes.subarray(0, at), ...piece, ...bytes.subarray(at));
      }
    }
  }
}
