import { AccessUnit, type Codec, isNalCodec, type NalScanner, noOpenUnit } from '../nal/index.js';
import type { UnitBytes } from '../rtp/payload/index.js';
import { nalScanner } from './nal-scanner.js';

/** Room for NAL units to begin with, in words: more than encoders put into a picture. */
const firstWords = 256;

/**
 * What was handed in to be sent, with its NAL units found: an access unit knows them, bytes are searched. The memory that
 * they are noted in is used again by the next unit.
 */
export class UnitFinder {
  readonly #codec: Codec;
  readonly #scan: NalScanner = nalScanner();
  #words = new Uint32Array(firstWords);
  readonly #found: { data: Uint8Array; nalUnits: Uint32Array; nalUnitCount: number };

  /** `codec` is the stream's. */
  constructor(codec: Codec) {
    this.#codec = codec;
    this.#found = { data: new Uint8Array(0), nalUnits: this.#words, nalUnitCount: 0 };
  }

  /** Good until the next call. */
  find(unit: AccessUnit | Uint8Array): UnitBytes {
    if (unit instanceof AccessUnit) return unit;
    const found = this.#found;
    found.data = unit;
    found.nalUnitCount = isNalCodec(this.#codec) ? this.#search(unit) : 0;
    found.nalUnits = this.#words;
    return found;
  }

  #search(data: Uint8Array): number {
    let count = this.#scan(data, this.#words, 0, noOpenUnit);
    while (2 * count === this.#words.length) {
      this.#words = new Uint32Array(2 * this.#words.length);
      count = this.#scan(data, this.#words, 0, noOpenUnit);
    }
    return count;
  }
}
