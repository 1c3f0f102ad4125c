import type { AvcPps, AvcSps } from './avc-parameter-sets.js';
import { BitReader } from './bit-reader.js';

/**
 * Bytes of a slice NAL unit that hold what tells pictures apart: the longest codes of all elements together, with
 * emulation prevention.
 */
export const avcSliceLookahead = 64;

/** The elements of an H.264 slice header by which the first slice of a picture is known (7.4.1.2.4). */
export interface AvcSlice {
  readonly firstMacroblock: number;
  readonly ppsId: number;
  /** undefined when nobody has sent the parameter sets yet: what depends on them is zero then. */
  readonly spsId: number | undefined;
  /** colour_plane_id; each plane has slices of its own where planes are coded apart. */
  readonly colourPlane: number;
  readonly frameNum: number;
  /** 0 frame, 1 top field, 2 bottom field. */
  readonly structure: number;
  readonly refIdc: number;
  readonly idr: boolean;
  readonly idrPicId: number;
  /** pic_order_cnt_lsb, or delta_pic_order_cnt[0]. */
  readonly order: number;
  /** delta_pic_order_cnt_bottom, or delta_pic_order_cnt[1]. */
  readonly orderBottom: number;
  /** More than 0 for a redundant picture, which never is the first. */
  readonly redundantCount: number;
}

/** What {@link parseAvcSlice} looks parameter sets up in. */
export interface AvcSets {
  readonly sps: ReadonlyMap<number, AvcSps>;
  readonly pps: ReadonlyMap<number, AvcPps>;
}

/**
 * Reads the beginning of a slice header (7.3.3). Throws `NAL_INVALID` where it is cut.
 */
export function parseAvcSlice(data: Uint8Array, offset: number, end: number, sets: AvcSets): AvcSlice {
  const header = data[offset] as number;
  const idr = (header & 31) === 5;
  const bits = new BitReader(data, offset + 1, Math.min(end, offset + avcSliceLookahead));
  const firstMacroblock = bits.ue();
  bits.ue(); // slice_type
  const ppsId = bits.ueUpTo(255, 'pic_parameter_set_id');
  const known = { firstMacroblock, ppsId, refIdc: (header >> 5) & 3, idr };
  const pps = sets.pps.get(ppsId);
  const sps = pps === undefined ? undefined : sets.sps.get(pps.spsId);
  if (pps === undefined || sps === undefined) return { ...withoutSets, ...known };
  const colourPlane = sps.separateColourPlanes ? bits.bits(2) : 0;
  const frameNum = bits.bits(sps.frameNumBits);
  const structure = sps.framesOnly || !bits.flag() ? 0 : 1 + bits.bit();
  const idrPicId = idr ? bits.ue() : 0;
  const order = readOrder(bits, sps, pps.bottomFieldOrder && structure === 0);
  const redundantCount = pps.redundantCount ? bits.ue() : 0;
  return { ...known, spsId: sps.id, colourPlane, frameNum, structure, idrPicId, ...order, redundantCount };
}

const withoutSets = {
  spsId: undefined,
  colourPlane: 0,
  frameNum: 0,
  structure: 0,
  idrPicId: 0,
  order: 0,
  orderBottom: 0,
  redundantCount: 0,
} as const;

function readOrder(bits: BitReader, sps: AvcSps, bottomToo: boolean): Pick<AvcSlice, 'order' | 'orderBottom'> {
  if (sps.orderType === 0) {
    const order = bits.bits(sps.orderLsbBits);
    return { order, orderBottom: bottomToo ? bits.se() : 0 };
  }
  if (sps.orderType === 2 || sps.orderDeltaAlwaysZero) return { order: 0, orderBottom: 0 };
  const order = bits.se();
  return { order, orderBottom: bottomToo ? bits.se() : 0 };
}

/**
 * Whether a slice is the first of a new primary coded picture, given the slice before it (7.4.1.2.4). A picture whose
 * first macroblock comes once more is a new one too: some encoders change nothing else.
 */
export function startsAvcPicture(slice: AvcSlice, before: AvcSlice): boolean {
  if (slice.spsId === undefined) return slice.firstMacroblock === 0;
  const again = slice.firstMacroblock === 0 && before.firstMacroblock === 0;
  const referenceChanged = slice.refIdc !== before.refIdc && (slice.refIdc === 0 || before.refIdc === 0);
  return (
    referenceChanged ||
    (again && slice.colourPlane === before.colourPlane) ||
    alike.some((element) => slice[element] !== before[element])
  );
}

/** Elements that all slices of a picture share. */
const alike = ['frameNum', 'ppsId', 'spsId', 'structure', 'order', 'orderBottom', 'idr', 'idrPicId'] as const;
