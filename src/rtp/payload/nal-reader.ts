import { type NalCodec, type NalUnitType, nalUnitTypes } from '../../nal/index.js';
import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import type { Beginning, PayloadReader } from './depacketizer.js';

const allTypes = Array.from({ length: 64 }, (_, type) => type);

/** NAL unit types up to 63, as a set of bits. */
class NalTypeSet {
  #low = 0;
  #high = 0;

  add(type: number): void {
    if (type < 32) this.#low |= 1 << type;
    else this.#high |= 1 << (type - 32);
  }

  clear(): void {
    this.#low = 0;
    this.#high = 0;
  }

  has(type: number): boolean {
    return (((type < 32 ? this.#low : this.#high) >>> (type & 31)) & 1) === 1;
  }

  list(): number[] {
    return allTypes.filter((type) => this.has(type));
  }
}

/** Types of parameter sets that come before all others of an access unit; H.266 needs no video parameter set. */
const leadingSets: Readonly<Record<NalCodec, readonly number[]>> = { avc: [7], hevc: [32], vvc: [12, 13, 14, 15] };

/** No fragmented NAL unit is open. */
const none = -1;

/**
 * What H.264, H.265 and H.266 have in common on RTP: a NAL unit comes alone, together with others, or in fragments. A
 * fragmented unit is open from its first fragment to its last, and while it is nothing else may come:
 *
 *     closed --S--> open --middle--> open --E--> closed         all else is malformed
 */
export abstract class NalReader implements PayloadReader {
  abstract readonly codec: NalCodec;
  readonly #types: readonly NalUnitType[];
  readonly #leading: readonly number[];
  readonly #seen = new NalTypeSet();
  /** What the fragments of the open NAL unit have in common, or `none`. */
  #open = none;
  /** Whether the stream has delimiters: then nothing else begins a unit for certain. */
  #delimited = false;

  constructor(codec: NalCodec) {
    this.#types = nalUnitTypes[codec];
    this.#leading = leadingSets[codec];
  }

  get keyFrame(): boolean {
    return this.#types.some((about, type) => about.randomAccess && this.#seen.has(type));
  }

  nalTypes(): readonly number[] {
    return this.#seen.list();
  }

  begin(): void {
    this.#seen.clear();
    this.#open = none;
  }

  abstract read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined;

  end(): LossReason | undefined {
    return this.#open === none ? undefined : 'malformed';
  }

  note(bytes: Uint8Array, offset: number, length: number): void {
    const at = this.firstNal(bytes, offset, length);
    if (at >= 0) this.#see(this.firstType(bytes, offset, at));
  }

  /**
   * A delimiter stands before all else, and where there are none the leading parameter sets do. A slice that is not its
   * picture's first, or a fragment that is not the NAL unit's first, goes on with what began before. In all three codecs
   * the first bit behind the NAL unit header tells: first_mb_in_slice is 0, first_slice_segment_in_pic_flag or
   * sh_picture_header_in_slice_header_flag is set.
   */
  beginning(bytes: Uint8Array, offset: number, length: number): Beginning {
    const at = this.firstNal(bytes, offset, length);
    if (at < 0) return 'no';
    const type = this.firstType(bytes, offset, at);
    const { kind } = this.#types[type] as NalUnitType;
    if (kind === 'delimiter') return 'certain';
    if (this.#leading.includes(type)) return this.#delimited ? 'possible' : 'certain';
    const goesOn = kind === 'slice' && at < offset + length && (bytes[at] as number) < 0x80;
    return goesOn ? 'no' : 'possible';
  }

  /**
   * Where, behind its header, the payload of the first NAL unit in a packet begins; -1 when the packet goes on with one
   * that began before, or makes no sense.
   */
  protected abstract firstNal(bytes: Uint8Array, offset: number, length: number): number;

  /** Type of the first NAL unit in a packet at `offset`, of which `at` is what {@link firstNal} says. */
  protected abstract firstType(bytes: Uint8Array, offset: number, at: number): number;

  /** Whether a fragmented NAL unit is open. */
  protected get isOpen(): boolean {
    return this.#open !== none;
  }

  /** Adds a NAL unit that is there as a whole. */
  protected whole(
    bytes: Uint8Array,
    offset: number,
    length: number,
    type: number,
    unit: UnitBuilder,
  ): LossReason | undefined {
    this.#see(type);
    return unit.beginNal() && unit.append(bytes, offset, length) ? undefined : 'limit';
  }

  /** A first fragment: begins a NAL unit with the header that the payload header and fragment header stand for. */
  protected openFragment(common: number, type: number, header: readonly number[], unit: UnitBuilder): boolean {
    this.#open = common;
    this.#see(type);
    return unit.beginNal() && header.every((byte) => unit.writeByte(byte));
  }

  /** Whether a later fragment belongs to the open NAL unit. */
  protected continues(common: number): boolean {
    return this.#open === common;
  }

  /** The last fragment was there. */
  protected closeFragment(): void {
    this.#open = none;
  }

  #see(type: number): void {
    this.#seen.add(type);
    if (this.#types[type]?.kind === 'delimiter') this.#delimited = true;
  }
}
