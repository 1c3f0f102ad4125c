import type { NalCodec } from './codec.js';
import { nalTypeAt, usableNal } from './header.js';
import { type PictureRules, pictureRules } from './picture-rules.js';
import { type NalUnitType, nalUnitTypes } from './unit-type.js';

/**
 * Says of each NAL unit of a stream, in order, whether an access unit begins with it. Damaged NAL units (no whole
 * header, forbidden bit) never do.
 */
export class UnitBoundary {
  /** Bytes of a NAL unit that {@link begins} wants to see, unless it is shorter. */
  readonly lookahead: number;
  readonly #codec: NalCodec;
  readonly #types: readonly NalUnitType[];
  readonly #rules: PictureRules;
  #picture = false;
  #access = false;

  constructor(codec: NalCodec) {
    this.#codec = codec;
    this.#types = nalUnitTypes[codec];
    this.#rules = pictureRules(codec);
    this.lookahead = this.#rules.lookahead;
  }

  /** Whether the access unit under way has a picture. */
  get hasPicture(): boolean {
    return this.#picture;
  }

  /** Whether a decoder can begin at the access unit under way. */
  get keyFrame(): boolean {
    return this.#access;
  }

  /** Whether an access unit begins with the NAL unit of which `data` has the bytes from `offset` to `end`. */
  begins(data: Uint8Array, offset: number, end: number): boolean {
    if (!usableNal(this.#codec, data, offset, end)) return false;
    const { kind, opensUnit, randomAccess } = this.#typeAt(data, offset);
    const slice = kind === 'slice';
    const begins = slice
      ? this.#rules.newPicture(data, offset, end, this.#picture)
      : opensUnit && this.#picture && this.#rules.counts(data, offset);
    if (begins) {
      this.#picture = false;
      this.#access = false;
    }
    if (slice) this.#picture = true;
    if (randomAccess) this.#access = true;
    return begins;
  }

  /** Takes note of a NAL unit that is whole now: parameter sets, recovery points. */
  ended(data: Uint8Array, offset: number, end: number): void {
    if (!usableNal(this.#codec, data, offset, end) || this.#typeAt(data, offset).kind === 'slice') return;
    if (this.#rules.note(data, offset, end)) this.#access = true;
  }

  #typeAt(data: Uint8Array, offset: number): NalUnitType {
    return this.#types[nalTypeAt(this.#codec, data, offset)] as NalUnitType;
  }
}
