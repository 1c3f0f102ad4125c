import { FramelaneError } from '../error.js';
import { BitReader } from './bit-reader.js';
import { cropUnitX, cropUnitY, tickRate, type VideoFormat } from './video-format.js';

/** What the rest of the library needs of an H.264 sequence parameter set (7.3.2.1.1). */
export interface AvcSps {
  /** seq_parameter_set_id, 0 to 31. */
  readonly id: number;
  readonly format: VideoFormat;
  /** profile_idc, constraint flags and level_idc as they stand: profile-level-id of RFC 6184 8.1. */
  readonly profileLevelId: number;
  /** separate_colour_plane_flag: each plane has slices of its own. */
  readonly separateColourPlanes: boolean;
  /** Bits of frame_num in slice headers. */
  readonly frameNumBits: number;
  /** pic_order_cnt_type, 0 to 2. */
  readonly orderType: number;
  /** Bits of pic_order_cnt_lsb in slice headers; 0 unless {@link orderType} is 0. */
  readonly orderLsbBits: number;
  /** delta_pic_order_always_zero_flag. */
  readonly orderDeltaAlwaysZero: boolean;
  /** frame_mbs_only_flag: no fields. */
  readonly framesOnly: boolean;
}

/** What slice headers need of an H.264 picture parameter set (7.3.2.2). */
export interface AvcPps {
  /** pic_parameter_set_id, 0 to 255. */
  readonly id: number;
  /** seq_parameter_set_id of the SPS it belongs to. */
  readonly spsId: number;
  /** bottom_field_pic_order_in_frame_present_flag. */
  readonly bottomFieldOrder: boolean;
  /** redundant_pic_cnt_present_flag. */
  readonly redundantCount: boolean;
}

/** Profiles whose SPS has chroma format and bit depths (7.3.2.1.1). */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Most macroblocks a side, far above level 6.2: sqrt(139264 * 8) (A.3.1). */
const mostMacroblocks = 1055;

/** Reads an SPS, header byte first, without start code. Throws `NAL_INVALID`. */
export function parseAvcSps(nal: Uint8Array): AvcSps {
  const bits = new BitReader(nal, 1);
  const profileLevelId = bits.bits(24);
  const profile = profileLevelId >> 16;
  const id = bits.ueUpTo(31, 'seq_parameter_set_id');
  const samples = readSamples(bits, profile);
  const frameNumBits = 4 + bits.ueUpTo(12, 'log2_max_frame_num_minus4');
  const order = readOrder(bits);
  bits.ue(); // max_num_ref_frames
  bits.skip(1); // gaps_in_frame_num_value_allowed_flag
  const { framesOnly, ...size } = readSize(bits, samples.separateColourPlanes ? 0 : samples.chromaFormat);
  bits.skip(1); // direct_8x8_inference_flag
  const cropped = readCropping(bits, size);
  const vui = bits.flag() ? readVui(bits) : noVui;
  const { chromaFormat, bitDepth, separateColourPlanes } = samples;
  const level = profileLevelId & 0xff;
  const format: VideoFormat = { codec: 'avc', ...cropped, profile, level, chromaFormat, bitDepth, ...vui };
  return { id, format, profileLevelId, separateColourPlanes, frameNumBits, ...order, framesOnly };
}

/** Reads the beginning of a PPS, header byte first, without start code. Throws `NAL_INVALID`. */
export function parseAvcPps(nal: Uint8Array): AvcPps {
  const bits = new BitReader(nal, 1);
  const id = bits.ueUpTo(255, 'pic_parameter_set_id');
  const spsId = bits.ueUpTo(31, 'seq_parameter_set_id');
  bits.skip(1); // entropy_coding_mode_flag
  const bottomFieldOrder = bits.flag();
  skipSliceGroups(bits);
  bits.ue(); // num_ref_idx_l0_default_active_minus1
  bits.ue();
  bits.skip(3); // weighted_pred_flag, weighted_bipred_idc
  for (let element = 0; element < 3; element++) bits.se(); // pic_init_qp, pic_init_qs, chroma_qp_index_offset
  bits.skip(2); // deblocking_filter_control_present_flag, constrained_intra_pred_flag
  return { id, spsId, bottomFieldOrder, redundantCount: bits.flag() };
}

interface Samples {
  readonly chromaFormat: number;
  readonly bitDepth: number;
  readonly separateColourPlanes: boolean;
}

function readSamples(bits: BitReader, profile: number): Samples {
  if (!highProfiles.has(profile)) return { chromaFormat: 1, bitDepth: 8, separateColourPlanes: false };
  const chromaFormat = bits.ueUpTo(3, 'chroma_format_idc');
  const separateColourPlanes = chromaFormat === 3 && bits.flag();
  const bitDepth = 8 + bits.ueUpTo(6, 'bit_depth_luma_minus8');
  bits.ueUpTo(6, 'bit_depth_chroma_minus8');
  bits.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let list = 0; list < lists; list++) if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return { chromaFormat, bitDepth, separateColourPlanes };
}

/** 7.3.2.1.1.1 */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let index = 0; index < size; index++) {
    last = (last + bits.se() + 256) % 256;
    if (last === 0) return;
  }
}

function readOrder(bits: BitReader): Pick<AvcSps, 'orderType' | 'orderLsbBits' | 'orderDeltaAlwaysZero'> {
  const orderType = bits.ueUpTo(2, 'pic_order_cnt_type');
  const orderLsbBits = orderType === 0 ? 4 + bits.ueUpTo(12, 'log2_max_pic_order_cnt_lsb_minus4') : 0;
  const orderDeltaAlwaysZero = orderType === 1 && bits.flag();
  if (orderType === 1) {
    bits.se(); // offset_for_non_ref_pic
    bits.se(); // offset_for_top_to_bottom_field
    const cycle = bits.ueUpTo(255, 'num_ref_frames_in_pic_order_cnt_cycle');
    for (let frame = 0; frame < cycle; frame++) bits.se();
  }
  return { orderType, orderLsbBits, orderDeltaAlwaysZero };
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly cropX: number;
  readonly cropY: number;
}

function readSize(bits: BitReader, chroma: number): Size & { readonly framesOnly: boolean } {
  const width = 16 * (bits.ueUpTo(mostMacroblocks - 1, 'pic_width_in_mbs_minus1') + 1);
  const mapUnits = bits.ueUpTo(mostMacroblocks - 1, 'pic_height_in_map_units_minus1') + 1;
  const framesOnly = bits.flag();
  if (!framesOnly) bits.skip(1); // mb_adaptive_frame_field_flag
  const rows = framesOnly ? 1 : 2;
  const cropX = cropUnitX[chroma] as number;
  return { width, height: 16 * rows * mapUnits, cropX, cropY: rows * (cropUnitY[chroma] as number), framesOnly };
}

function readCropping(bits: BitReader, size: Size): { width: number; height: number } {
  if (!bits.flag()) return { width: size.width, height: size.height };
  const [left, right, top, bottom] = [bits.ue(), bits.ue(), bits.ue(), bits.ue()];
  const width = size.width - size.cropX * (left + right);
  const height = size.height - size.cropY * (top + bottom);
  if (width < 1 || height < 1) {
    throw new FramelaneError('NAL_INVALID', `an SPS crops ${size.width}x${size.height} to nothing`);
  }
  return { width, height };
}

const noVui: Pick<VideoFormat, 'fps' | 'reorderedFrames'> = { fps: undefined, reorderedFrames: undefined };

/** E.1.1, as far as it is of use here. */
function readVui(bits: BitReader): typeof noVui {
  skipSampleAspect(bits);
  if (bits.flag()) bits.skip(1); // overscan_appropriate_flag
  if (bits.flag()) {
    bits.skip(4); // video_format, video_full_range_flag
    if (bits.flag()) bits.skip(24); // colour description
  }
  if (bits.flag()) {
    bits.ue(); // chroma_sample_loc_type_top_field
    bits.ue();
  }
  const fields = readTiming(bits);
  const nalHrd = skipHrdIfThere(bits);
  const vclHrd = skipHrdIfThere(bits);
  if (nalHrd || vclHrd) bits.skip(1); // low_delay_hrd_flag
  bits.skip(1); // pic_struct_present_flag
  return { fps: fields === undefined ? undefined : fields / 2, reorderedFrames: readReorder(bits) };
}

function skipSampleAspect(bits: BitReader): void {
  if (bits.flag() && bits.bits(8) === 255) bits.skip(32); // Extended_SAR
}

/** Fields a second: time_scale / num_units_in_tick (E.2.1). */
function readTiming(bits: BitReader): number | undefined {
  if (!bits.flag()) return undefined;
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  bits.skip(1); // fixed_frame_rate_flag
  return tickRate(unitsInTick, timeScale);
}

/** E.1.2 */
function skipHrdIfThere(bits: BitReader): boolean {
  if (!bits.flag()) return false;
  const count = bits.ueUpTo(31, 'cpb_cnt_minus1') + 1;
  bits.skip(8); // bit_rate_scale, cpb_size_scale
  for (let index = 0; index < count; index++) {
    bits.ue(); // bit_rate_value_minus1
    bits.ue(); // cpb_size_value_minus1
    bits.skip(1); // cbr_flag
  }
  bits.skip(20); // four lengths of 5 bits
  return true;
}

/** max_num_reorder_frames of the bitstream restrictions. */
function readReorder(bits: BitReader): number | undefined {
  if (!bits.flag()) return undefined;
  bits.skip(1); // motion_vectors_over_pic_boundaries_flag
  for (let element = 0; element < 4; element++) bits.ue();
  return bits.ueUpTo(16, 'max_num_reorder_frames');
}

/** 7.3.2.2: slice groups of the Baseline and Extended profiles. */
function skipSliceGroups(bits: BitReader): void {
  const groups = bits.ueUpTo(7, 'num_slice_groups_minus1') + 1;
  if (groups === 1) return;
  const mapType = bits.ueUpTo(6, 'slice_group_map_type');
  if (mapType === 0) for (let group = 0; group < groups; group++) bits.ue();
  else if (mapType === 2) for (let corner = 0; corner < 2 * (groups - 1); corner++) bits.ue();
  else if (mapType >= 3 && mapType <= 5) {
    bits.skip(1); // slice_group_change_direction_flag
    bits.ue(); // slice_group_change_rate_minus1
  } else if (mapType === 6) {
    const units = bits.ueUpTo(mostMacroblocks ** 2, 'pic_size_in_map_units_minus1') + 1;
    bits.skip(units * Math.ceil(Math.log2(groups)));
  }
}
