import { FramelaneError } from '../error.js';
import { nalUnitsOf } from './start-codes.js';

/** Bytes of the length before each NAL unit: lengthSizeMinusOne + 1 of avcC and hvcC (ISO/IEC 14496-15). */
export type LengthBytes = 1 | 2 | 4;

/** The start code that takes the place of a length. */
const startCode = Uint8Array.of(0, 0, 0, 1);

/** One sample of an MP4 or Matroska file as Annex B. Throws `NAL_INVALID` where a length leads beyond its end. */
export function lengthPrefixedToAnnexB(sample: Uint8Array, lengthBytes: LengthBytes = 4): Uint8Array {
  const converter = new LengthPrefixedConverter({ lengthBytes });
  const bytes = converter.push(sample);
  converter.end();
  return bytes;
}

/**
 * Annex B bytes as a sample of an MP4 or Matroska file; `nalUnits` are pairs of offset and length, as an `AccessUnit`
 * has them. Throws `NAL_INVALID` for a NAL unit whose length does not fit into `lengthBytes`.
 */
export function annexBToLengthPrefixed(
  data: Uint8Array,
  lengthBytes: LengthBytes = 4,
  nalUnits: Uint32Array = nalUnitsOf(data),
): Uint8Array {
  let bytes = 0;
  for (let index = 1; index < nalUnits.length; index += 2) bytes += lengthBytes + (nalUnits[index] as number);
  const sample = new Uint8Array(bytes);
  let at = 0;
  for (let index = 0; index < nalUnits.length; index += 2) {
    const offset = nalUnits[index] as number;
    const length = nalUnits[index + 1] as number;
    writeLength(sample, at, length, lengthBytes);
    sample.set(data.subarray(offset, offset + length), at + lengthBytes);
    at += lengthBytes + length;
  }
  return sample;
}

function writeLength(sample: Uint8Array, at: number, length: number, lengthBytes: LengthBytes): void {
  if (length >= 256 ** lengthBytes) {
    const message = `a NAL unit of ${length} bytes does not fit a length of ${lengthBytes} bytes`;
    throw new FramelaneError('NAL_INVALID', message, { length });
  }
  for (let byte = 0; byte < lengthBytes; byte++) sample[at + byte] = length / 256 ** (lengthBytes - 1 - byte);
}

/** What {@link LengthPrefixedConverter} is told. */
export interface LengthPrefixedOptions {
  /** Bytes of each length; default 4. */
  readonly lengthBytes?: LengthBytes;
  /** Most bytes of one NAL unit; default 16 MiB. More is `NAL_INVALID`. */
  readonly maxNalBytes?: number;
}

/**
 * Makes Annex B of a length-prefixed stream that comes in any chunks, for `AccessUnitSplitter`: each length becomes a
 * start code of 4 bytes. NAL units of length 0 are left out.
 */
export class LengthPrefixedConverter {
  readonly #lengthBytes: LengthBytes;
  readonly #limit: number;
  /** Bytes of the length that are there, and what they say so far. */
  #lengthRead = 0;
  #length = 0;
  /** Bytes of the NAL unit that are to come. */
  #missing = 0;
  #offset = 0;

  constructor(options: LengthPrefixedOptions = {}) {
    this.#lengthBytes = options.lengthBytes ?? 4;
    this.#limit = options.maxNalBytes ?? 16 << 20;
  }

  /** The next bytes as Annex B, in memory of their own. Throws `NAL_INVALID` for a NAL unit that is too large. */
  push(chunk: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#missing === 0) this.#readLength(chunk[at++] as number, parts);
      else {
        const part = chunk.subarray(at, at + this.#missing);
        this.#missing -= part.length;
        at += part.length;
        parts.push(part);
      }
    }
    this.#offset += chunk.length;
    return joined(parts);
  }

  /** The stream is over. Throws `NAL_INVALID` when its last NAL unit is cut. */
  end(): void {
    if (this.#missing === 0 && this.#lengthRead === 0) return;
    const what = this.#missing > 0 ? `${this.#missing} bytes of a NAL unit` : 'the rest of a length';
    throw this.#invalid(`the stream ends at byte ${this.#offset}, ${what} missing`);
  }

  #readLength(byte: number, parts: Uint8Array[]): void {
    this.#length = this.#length * 256 + byte;
    if (++this.#lengthRead < this.#lengthBytes) return;
    const length = this.#length;
    this.#length = 0;
    this.#lengthRead = 0;
    if (length > this.#limit) {
      throw this.#invalid(`a NAL unit of ${length} bytes, more than ${this.#limit}: does the length have other bytes?`);
    }
    if (length > 0) parts.push(startCode);
    this.#missing = length;
  }

  #invalid(message: string): FramelaneError {
    return new FramelaneError('NAL_INVALID', message, { offset: this.#offset });
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
