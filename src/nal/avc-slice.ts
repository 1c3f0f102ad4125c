import type { AvcPps, AvcSps } from './avc-parameter-sets.js';
import { BitReader } from './bit-reader.js';
import { isInvalid } from './set-store.js';

/**
 * Bytes of a slice NAL unit that hold what tells pictures apart: the longest codes of all elements together, with
 * emulation prevention.
 */
export const avcSliceLookahead = 64;

/** What {@link AvcSlice.read} looks parameter sets up in. */
export interface AvcSets {
  readonly sps: ReadonlyMap<number, AvcSps>;
  readonly pps: ReadonlyMap<number, AvcPps>;
}

/**
 * The elements of an H.264 slice header by which the first slice of a picture is known (7.4.1.2.4). Made once and read
 * into again and again: there may be a hundred slices in a picture.
 */
export class AvcSlice {
  firstMacroblock = 0;
  ppsId = 0;
  refIdc = 0;
  idr = false;
  /** undefined when nobody has sent the parameter sets yet: what depends on them, all below, is zero then. */
  spsId: number | undefined;
  /** colour_plane_id; each plane has slices of its own where planes are coded apart. */
  colourPlane = 0;
  frameNum = 0;
  /** 0 frame, 1 top field, 2 bottom field. */
  structure = 0;
  idrPicId = 0;
  /** pic_order_cnt_lsb, or delta_pic_order_cnt[0]. */
  order = 0;
  /** delta_pic_order_cnt_bottom, or delta_pic_order_cnt[1]. */
  orderBottom = 0;
  /** More than 0 for a redundant picture, which never is the first. */
  redundantCount = 0;

  /** Reads the beginning of a slice header (7.3.3). False where it is cut or damaged. */
  read(data: Uint8Array, offset: number, end: number, sets: AvcSets): boolean {
    try {
      this.#read(data, offset, end, sets);
      return true;
    } catch (error) {
      if (isInvalid(error)) return false;
      throw error;
    }
  }

  #read(data: Uint8Array, offset: number, end: number, sets: AvcSets): void {
    const header = data[offset] as number;
    const bits = new BitReader(data, offset + 1, Math.min(end, offset + avcSliceLookahead));
    this.refIdc = (header >> 5) & 3;
    this.idr = (header & 31) === 5;
    this.firstMacroblock = bits.ue();
    bits.ue(); // slice_type
    this.ppsId = bits.ueUpTo(255, 'pic_parameter_set_id');
    const pps = sets.pps.get(this.ppsId);
    const sps = pps === undefined ? undefined : sets.sps.get(pps.spsId);
    this.spsId = sps?.id;
    if (pps !== undefined && sps !== undefined) this.#readRest(bits, sps, pps);
    else this.#clearRest();
  }

  /**
   * Whether this slice is the first of a new primary coded picture, given the slice before it (7.4.1.2.4). A picture
   * whose first macroblock comes once more is a new one too: some encoders change nothing else.
   */
  startsPicture(before: AvcSlice): boolean {
    if (this.spsId === undefined) return this.firstMacroblock === 0;
    const again = this.firstMacroblock === 0 && before.firstMacroblock === 0;
    if (again && this.colourPlane === before.colourPlane) return true;
    if (this.refIdc !== before.refIdc && (this.refIdc === 0 || before.refIdc === 0)) return true;
    return !this.#alike(before);
  }

  /** Elements that all slices of a picture share. */
  #alike(other: AvcSlice): boolean {
    return (
      this.frameNum === other.frameNum &&
      this.ppsId === other.ppsId &&
      this.spsId === other.spsId &&
      this.structure === other.structure &&
      this.order === other.order &&
      this.orderBottom === other.orderBottom &&
      this.idr === other.idr &&
      this.idrPicId === other.idrPicId
    );
  }

  #readRest(bits: BitReader, sps: AvcSps, pps: AvcPps): void {
    this.colourPlane = sps.separateColourPlanes ? bits.bits(2) : 0;
    this.frameNum = bits.bits(sps.frameNumBits);
    this.structure = sps.framesOnly || !bits.flag() ? 0 : 1 + bits.bit();
    this.idrPicId = this.idr ? bits.ue() : 0;
    const bottomToo = pps.bottomFieldOrder && this.structure === 0;
    const byDelta = sps.orderType === 1 && !sps.orderDeltaAlwaysZero;
    this.order = sps.orderType === 0 ? bits.bits(sps.orderLsbBits) : byDelta ? bits.se() : 0;
    this.orderBottom = bottomToo && (sps.orderType === 0 || byDelta) ? bits.se() : 0;
    this.redundantCount = pps.redundantCount ? bits.ue() : 0;
  }

  #clearRest(): void {
    this.colourPlane = 0;
    this.frameNum = 0;
    this.structure = 0;
    this.idrPicId = 0;
    this.order = 0;
    this.orderBottom = 0;
    this.redundantCount = 0;
  }
}
