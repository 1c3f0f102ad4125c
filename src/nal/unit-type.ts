import type { NalCodec } from './codec.js';

/** What a NAL unit is there for, whatever its codec. */
export type NalKind =
  | 'slice'
  | 'parameter-set'
  | 'picture-header'
  | 'delimiter'
  | 'sei-prefix'
  | 'sei-suffix'
  | 'end'
  | 'filler'
  | 'other';

/** A NAL unit type of a codec. */
export interface NalUnitType {
  /** The standard's word for it: `IDR_W_RADL`; H.264 has none, so it borrows those of its successors. */
  readonly name: string;
  readonly kind: NalKind;
  /** A slice of a picture that a decoder can begin at: IDR, IRAP, and GDR of H.266. */
  readonly randomAccess: boolean;
  /** After the last slice of a picture it begins the next access unit. */
  readonly opensUnit: boolean;
}

type Row = readonly [first: number, last: number, name: string, kind: NalKind, mark?: 'opens' | 'access'];

/** H.264 table 7-1; what opens an access unit: 7.4.1.2.3. */
const avc: readonly Row[] = [
  [0, 0, 'UNSPEC', 'other'],
  [1, 1, 'NON_IDR', 'slice'],
  [2, 2, 'PARTITION_A', 'slice'],
  [3, 3, 'PARTITION_B', 'slice'],
  [4, 4, 'PARTITION_C', 'slice'],
  [5, 5, 'IDR', 'slice', 'access'],
  [6, 6, 'SEI', 'sei-prefix', 'opens'],
  [7, 7, 'SPS', 'parameter-set', 'opens'],
  [8, 8, 'PPS', 'parameter-set', 'opens'],
  [9, 9, 'AUD', 'delimiter', 'opens'],
  [10, 10, 'EOS', 'end'],
  [11, 11, 'EOB', 'end'],
  [12, 12, 'FD', 'filler'],
  [13, 13, 'SPS_EXT', 'parameter-set'],
  [14, 14, 'PREFIX', 'other', 'opens'],
  [15, 15, 'SUBSET_SPS', 'parameter-set', 'opens'],
  [16, 16, 'DPS', 'parameter-set', 'opens'],
  [17, 18, 'RSV', 'other', 'opens'],
  [19, 19, 'AUXILIARY', 'other'],
  [20, 20, 'EXTENSION', 'other'],
  [21, 21, 'EXTENSION_3D', 'other'],
  [22, 23, 'RSV', 'other'],
  [24, 31, 'UNSPEC', 'other'],
];

/** H.265 table 7-1; what opens an access unit: 7.4.2.4.4. */
const hevc: readonly Row[] = [
  [0, 0, 'TRAIL_N', 'slice'],
  [1, 1, 'TRAIL_R', 'slice'],
  [2, 2, 'TSA_N', 'slice'],
  [3, 3, 'TSA_R', 'slice'],
  [4, 4, 'STSA_N', 'slice'],
  [5, 5, 'STSA_R', 'slice'],
  [6, 6, 'RADL_N', 'slice'],
  [7, 7, 'RADL_R', 'slice'],
  [8, 8, 'RASL_N', 'slice'],
  [9, 9, 'RASL_R', 'slice'],
  [10, 15, 'RSV_VCL', 'other'],
  [16, 16, 'BLA_W_LP', 'slice', 'access'],
  [17, 17, 'BLA_W_RADL', 'slice', 'access'],
  [18, 18, 'BLA_N_LP', 'slice', 'access'],
  [19, 19, 'IDR_W_RADL', 'slice', 'access'],
  [20, 20, 'IDR_N_LP', 'slice', 'access'],
  [21, 21, 'CRA_NUT', 'slice', 'access'],
  [22, 23, 'RSV_IRAP_VCL', 'other'],
  [24, 31, 'RSV_VCL', 'other'],
  [32, 32, 'VPS_NUT', 'parameter-set', 'opens'],
  [33, 33, 'SPS_NUT', 'parameter-set', 'opens'],
  [34, 34, 'PPS_NUT', 'parameter-set', 'opens'],
  [35, 35, 'AUD_NUT', 'delimiter', 'opens'],
  [36, 36, 'EOS_NUT', 'end'],
  [37, 37, 'EOB_NUT', 'end'],
  [38, 38, 'FD_NUT', 'filler'],
  [39, 39, 'PREFIX_SEI_NUT', 'sei-prefix', 'opens'],
  [40, 40, 'SUFFIX_SEI_NUT', 'sei-suffix'],
  [41, 44, 'RSV_NVCL', 'other', 'opens'],
  [45, 47, 'RSV_NVCL', 'other'],
  [48, 55, 'UNSPEC', 'other', 'opens'],
  [56, 63, 'UNSPEC', 'other'],
];

/** H.266 table 5; what opens an access unit: 7.4.2.4.3 and 7.4.2.4.4. */
const vvc: readonly Row[] = [
  [0, 0, 'TRAIL_NUT', 'slice'],
  [1, 1, 'STSA_NUT', 'slice'],
  [2, 2, 'RADL_NUT', 'slice'],
  [3, 3, 'RASL_NUT', 'slice'],
  [4, 6, 'RSV_VCL', 'other'],
  [7, 7, 'IDR_W_RADL', 'slice', 'access'],
  [8, 8, 'IDR_N_LP', 'slice', 'access'],
  [9, 9, 'CRA_NUT', 'slice', 'access'],
  [10, 10, 'GDR_NUT', 'slice', 'access'],
  [11, 11, 'RSV_IRAP', 'other'],
  [12, 12, 'OPI_NUT', 'other', 'opens'],
  [13, 13, 'DCI_NUT', 'parameter-set', 'opens'],
  [14, 14, 'VPS_NUT', 'parameter-set', 'opens'],
  [15, 15, 'SPS_NUT', 'parameter-set', 'opens'],
  [16, 16, 'PPS_NUT', 'parameter-set', 'opens'],
  [17, 17, 'PREFIX_APS_NUT', 'parameter-set', 'opens'],
  [18, 18, 'SUFFIX_APS_NUT', 'parameter-set'],
  [19, 19, 'PH_NUT', 'picture-header', 'opens'],
  [20, 20, 'AUD_NUT', 'delimiter', 'opens'],
  [21, 21, 'EOS_NUT', 'end'],
  [22, 22, 'EOB_NUT', 'end'],
  [23, 23, 'PREFIX_SEI_NUT', 'sei-prefix', 'opens'],
  [24, 24, 'SUFFIX_SEI_NUT', 'sei-suffix'],
  [25, 25, 'FD_NUT', 'filler'],
  [26, 26, 'RSV_NVCL', 'other', 'opens'],
  [27, 27, 'RSV_NVCL', 'other'],
  [28, 29, 'UNSPEC', 'other', 'opens'],
  [30, 31, 'UNSPEC', 'other'],
];

/** One entry a type; a run of reserved types gets the number behind its name, as the standards write them. */
function table(rows: readonly Row[]): readonly NalUnitType[] {
  return rows.flatMap(([first, last, name, kind, mark]) =>
    Array.from({ length: last - first + 1 }, (_, index) => ({
      name: first === last ? name : `${name}${first + index}`,
      kind,
      randomAccess: mark === 'access',
      opensUnit: mark === 'opens',
    })),
  );
}

/** All NAL unit types of a codec, by their number. */
export const nalUnitTypes: Readonly<Record<NalCodec, readonly NalUnitType[]>> = {
  avc: table(avc),
  hevc: table(hevc),
  vvc: table(vvc),
};
