import { FramelaneError } from '../error.js';
import type { NalCodec } from './codec.js';
import { type NalUnitType, nalUnitTypes } from './unit-type.js';

/** Bytes of a NAL unit's header: one for H.264 (its extensions left out), two for H.265 and H.266. */
export const nalHeaderBytes: Readonly<Record<NalCodec, number>> = { avc: 1, hevc: 2, vvc: 2 };

/** What the header of a NAL unit says. */
export interface NalHeader {
  /** nal_unit_type: the index into {@link nalUnitTypes} of the codec. */
  readonly type: number;
  /** What the type stands for. */
  readonly about: NalUnitType;
  /** forbidden_zero_bit: set by a network that knows the unit to be damaged (RFC 6184 1.3). */
  readonly forbidden: boolean;
  /** nal_ref_idc of H.264, 0 to 3: 0 when no other picture needs this one; undefined for others. */
  readonly refIdc: number | undefined;
  /** nuh_layer_id; 0 for H.264. */
  readonly layerId: number;
  /** Temporal sub-layer, nuh_temporal_id_plus1 - 1; 0 for H.264, -1 when the header is wrong. */
  readonly temporalId: number;
}

/**
 *     H.264 7.3.1       H.265 7.3.1.2                     H.266 7.3.1.2
 *     0 1 2 3 4 5 6 7   0 1 2 3 4 5 6 7 8 9 a b c d e f   0 1 2 3 4 5 6 7 8 9 a b c d e f
 *     F|ref|  type   |  F|   type    |  layer    | tid+1  F|Z|  layer    |  type   | tid+1
 */
const typeOf: Readonly<Record<NalCodec, (data: Uint8Array, offset: number) => number>> = {
  avc: (data, offset) => (data[offset] as number) & 31,
  hevc: (data, offset) => ((data[offset] as number) >> 1) & 63,
  vvc: (data, offset) => (data[offset + 1] as number) >> 3,
};

const layerOf: Readonly<Record<NalCodec, (data: Uint8Array, offset: number) => number>> = {
  avc: () => 0,
  hevc: (data, offset) => (((data[offset] as number) & 1) << 5) | ((data[offset + 1] as number) >> 3),
  vvc: (data, offset) => (data[offset] as number) & 63,
};

/** nal_unit_type of the unit at an offset; the caller knows that its header is there. */
export function nalTypeAt(codec: NalCodec, data: Uint8Array, offset: number): number {
  return typeOf[codec](data, offset);
}

/** nuh_layer_id of the unit at an offset; the caller knows that its header is there. */
export function nalLayerAt(codec: NalCodec, data: Uint8Array, offset: number): number {
  return layerOf[codec](data, offset);
}

/** Whether the unit at an offset can be used: its header is whole, not marked as damaged, its temporal id allowed. */
export function usableNal(codec: NalCodec, data: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < nalHeaderBytes[codec] || (data[offset] as number) >= 0x80) return false;
  return codec === 'avc' || ((data[offset + 1] as number) & 7) !== 0;
}

/** Reads the header of a NAL unit, given without start code. Throws `NAL_INVALID` when there is less than a header. */
export function parseNalHeader(codec: NalCodec, data: Uint8Array, offset = 0): NalHeader {
  const bytes = nalHeaderBytes[codec];
  if (data.length - offset < bytes) {
    throw new FramelaneError('NAL_INVALID', `a NAL unit of ${codec} has ${bytes} bytes at least`, { offset });
  }
  const type = nalTypeAt(codec, data, offset);
  return {
    type,
    about: nalUnitTypes[codec][type] as NalUnitType,
    forbidden: (data[offset] as number) >= 0x80,
    refIdc: codec === 'avc' ? ((data[offset] as number) >> 5) & 3 : undefined,
    layerId: nalLayerAt(codec, data, offset),
    temporalId: codec === 'avc' ? 0 : ((data[offset + 1] as number) & 7) - 1,
  };
}
