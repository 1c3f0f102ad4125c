/** Bits of a NAL unit that a test makes up, most significant first; the opposite of `BitReader`. */
export class BitWriter {
  readonly #bits: number[] = [];

  /** u(n) */
  bits(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit--) this.#bits.push(Math.floor(value / 2 ** bit) & 1);
    return this;
  }

  /** Several u(1). */
  flags(...values: number[]): this {
    this.#bits.push(...values);
    return this;
  }

  /** ue(v) */
  ue(...values: number[]): this {
    for (const value of values) {
      const length = Math.floor(Math.log2(value + 1));
      this.bits(0, length).bits(value + 1, length + 1);
    }
    return this;
  }

  /** se(v) */
  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** Zeros to a whole byte. */
  align(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  /** A NAL unit: header bytes, these bits, the stop bit, emulation prevention where it is needed. */
  nal(...header: number[]): Uint8Array {
    const bits = [...this.#bits, 1];
    while (bits.length % 8 !== 0) bits.push(0);
    const payload: number[] = [...header];
    for (let at = 0; at < bits.length; at += 8) {
      const byte = Number.parseInt(bits.slice(at, at + 8).join(''), 2);
      if (byte <= 3 && payload.at(-1) === 0 && payload.at(-2) === 0) payload.push(3);
      payload.push(byte);
    }
    return Uint8Array.from(payload);
  }
}

/** NAL units behind start codes of 4 bytes. */
export function annexB(...nals: Uint8Array[]): Uint8Array {
  return Uint8Array.from(nals.flatMap((nal) => [0, 0, 0, 1, ...nal]));
}
