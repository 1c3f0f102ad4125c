import { FramelaneError } from '../error.js';

/** Most leading zeros of an Exp-Golomb code: ue(v) reaches 2^32 - 2 (H.264 9.1). */
const longestPrefix = 32;

/**
 * Bits of a NAL unit, most significant first, as the standards' syntax tables read them. Emulation prevention bytes
 * (00 00 03) are passed over on the way, so nothing is copied. Never reads past the end: throws `NAL_INVALID`.
 */
export class BitReader {
  readonly #data: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #next: number;
  #zeros = 0;
  #byte = 0;
  #left = 0;

  /** `start` and `end` are offsets in bytes of `data`: first byte to read, and the one after the last. */
  constructor(data: Uint8Array, start = 0, end = data.length) {
    this.#data = data;
    this.#start = start;
    this.#next = start;
    this.#end = end;
  }

  /** One bit: 0 or 1. */
  bit(): number {
    if (this.#left === 0) this.#load();
    this.#left--;
    return (this.#byte >> this.#left) & 1;
  }

  /** u(1) as a truth value. */
  flag(): boolean {
    return this.bit() === 1;
  }

  /** u(n): an unsigned number of 0 to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let wanted = count; wanted > 0; ) {
      if (this.#left === 0) this.#load();
      const taken = Math.min(wanted, this.#left);
      this.#left -= taken;
      value = value * 2 ** taken + ((this.#byte >> this.#left) & ((1 << taken) - 1));
      wanted -= taken;
    }
    return value;
  }

  /** Passes over bits. */
  skip(count: number): void {
    for (let left = count; left > 0; left -= 32) this.bits(Math.min(left, 32));
  }

  /** ue(v): an unsigned Exp-Golomb code (H.264 9.1). */
  ue(): number {
    let prefix = 0;
    while (this.bit() === 0) {
      if (++prefix > longestPrefix) throw this.#invalid('an Exp-Golomb code of more than 32 leading zeros');
    }
    return 2 ** prefix - 1 + this.bits(prefix);
  }

  /** se(v): a signed Exp-Golomb code (H.264 9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }

  /** ue(v) that the standard bounds; throws `NAL_INVALID` beyond, naming the syntax element. */
  ueUpTo(limit: number, element: string): number {
    const value = this.ue();
    if (value > limit) throw this.#invalid(`${element} ${value}, more than ${limit}`);
    return value;
  }

  /** Goes to the next whole byte, where it is not at one. */
  align(): void {
    this.#left = 0;
  }

  #load(): void {
    if (this.#zeros >= 2 && this.#data[this.#next] === 3 && this.#next < this.#end) {
      this.#next++; // emulation_prevention_three_byte (H.264 7.4.1)
      this.#zeros = 0;
    }
    if (this.#next >= this.#end) throw this.#invalid('the end');
    this.#byte = this.#data[this.#next++] as number;
    this.#zeros = this.#byte === 0 ? this.#zeros + 1 : 0;
    this.#left = 8;
  }

  #invalid(what: string): FramelaneError {
    const offset = this.#next - this.#start;
    return new FramelaneError('NAL_INVALID', `NAL unit: ${what} at byte ${offset} of ${this.#end - this.#start}`, {
      offset,
    });
  }
}
