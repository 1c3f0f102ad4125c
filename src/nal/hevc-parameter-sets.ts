import { FramelaneError } from '../error.js';
import { BitReader } from './bit-reader.js';
import { cropUnitX, cropUnitY, tickRate, type VideoFormat } from './video-format.js';

/** What the rest of the library needs of an H.265 sequence parameter set (7.3.2.2.1). */
export interface HevcSps {
  /** sps_seq_parameter_set_id, 0 to 15. */
  readonly id: number;
  readonly format: VideoFormat;
  /** general_tier_flag: 0 main, 1 high. */
  readonly tier: number;
  /** separate_colour_plane_flag: each plane has slices of its own. */
  readonly separateColourPlanes: boolean;
  /** Bits of slice_pic_order_cnt_lsb in slice headers. */
  readonly orderLsbBits: number;
}

/** What slice headers need of an H.265 picture parameter set (7.3.2.3.1). */
export interface HevcPps {
  /** pps_pic_parameter_set_id, 0 to 63. */
  readonly id: number;
  /** pps_seq_parameter_set_id of the SPS it belongs to. */
  readonly spsId: number;
  /** output_flag_present_flag. */
  readonly outputFlag: boolean;
  /** num_extra_slice_header_bits. */
  readonly extraSliceBits: number;
}

/** Most pixels a side: sqrt(35651584 * 8) of level 6.2, doubled (A.4.1). */
const mostPixels = 33_776;

/** Reads an SPS of the base layer, header first, without start code. Throws `NAL_INVALID`. */
export function parseHevcSps(nal: Uint8Array): HevcSps {
  const bits = new BitReader(nal, 2);
  bits.skip(4); // sps_video_parameter_set_id
  const subLayers = bits.bits(3); // sps_max_sub_layers_minus1
  bits.skip(1); // sps_temporal_id_nesting_flag
  const { tier, ...profile } = readProfileTierLevel(bits, subLayers);
  const id = bits.ueUpTo(15, 'sps_seq_parameter_set_id');
  const chromaFormat = bits.ueUpTo(3, 'chroma_format_idc');
  const separateColourPlanes = chromaFormat === 3 && bits.flag();
  const size = readSize(bits, separateColourPlanes ? 0 : chromaFormat);
  const bitDepth = 8 + bits.ueUpTo(8, 'bit_depth_luma_minus8');
  bits.ueUpTo(8, 'bit_depth_chroma_minus8');
  const orderLsbBits = 4 + bits.ueUpTo(12, 'log2_max_pic_order_cnt_lsb_minus4');
  const reorderedFrames = readOrdering(bits, subLayers);
  skipTools(bits);
  skipReferenceSets(bits, orderLsbBits);
  bits.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  const fps = bits.flag() ? readVuiRate(bits) : undefined;
  const format: VideoFormat = { codec: 'hevc', ...size, ...profile, chromaFormat, bitDepth, fps, reorderedFrames };
  return { id, tier, separateColourPlanes, orderLsbBits, format };
}

/** Reads the beginning of a PPS, header first, without start code. Throws `NAL_INVALID`. */
export function parseHevcPps(nal: Uint8Array): HevcPps {
  const bits = new BitReader(nal, 2);
  const id = bits.ueUpTo(63, 'pps_pic_parameter_set_id');
  const spsId = bits.ueUpTo(15, 'pps_seq_parameter_set_id');
  bits.skip(1); // dependent_slice_segments_enabled_flag
  return { id, spsId, outputFlag: bits.flag(), extraSliceBits: bits.bits(3) };
}

/** 7.3.3: 88 bits of the general profile, its level, then what each sub-layer says of itself. */
function readProfileTierLevel(bits: BitReader, subLayers: number): { tier: number; profile: number; level: number } {
  bits.skip(2); // general_profile_space
  const tier = bits.bit();
  const profile = bits.bits(5);
  bits.skip(32 + 48); // compatibility flags, source and constraint flags
  const level = bits.bits(8);
  const present = Array.from({ length: subLayers }, () => ({ profile: bits.flag(), level: bits.flag() }));
  if (subLayers > 0) bits.skip(2 * (8 - subLayers));
  for (const layer of present) bits.skip((layer.profile ? 88 : 0) + (layer.level ? 8 : 0));
  return { tier, profile, level };
}

function readSize(bits: BitReader, chroma: number): { width: number; height: number } {
  const coded = { width: bits.ueUpTo(mostPixels, 'width'), height: bits.ueUpTo(mostPixels, 'height') };
  let { width, height } = coded;
  if (bits.flag()) {
    width -= (cropUnitX[chroma] as number) * (bits.ue() + bits.ue());
    height -= (cropUnitY[chroma] as number) * (bits.ue() + bits.ue());
  }
  if (width > 0 && height > 0) return { width, height };
  throw new FramelaneError('NAL_INVALID', `an SPS crops ${coded.width}x${coded.height} to nothing`);
}

/** sps_max_num_reorder_pics of the highest sub-layer. */
function readOrdering(bits: BitReader, subLayers: number): number {
  let reordered = 0;
  const first = bits.flag() ? 0 : subLayers;
  for (let layer = first; layer <= subLayers; layer++) {
    bits.ue(); // sps_max_dec_pic_buffering_minus1
    reordered = bits.ueUpTo(16, 'sps_max_num_reorder_pics');
    bits.ue(); // sps_max_latency_increase_plus1
  }
  return reordered;
}

function skipTools(bits: BitReader): void {
  for (let element = 0; element < 6; element++) bits.ue(); // block sizes and hierarchy depths
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (!bits.flag()) return; // pcm_enabled_flag
  bits.skip(8);
  bits.ue();
  bits.ue();
  bits.skip(1); // pcm_loop_filter_disabled_flag
}

/** 7.3.4 */
function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag())
        bits.ue(); // scaling_list_pred_matrix_id_delta
      else {
        if (size > 1) bits.se(); // scaling_list_dc_coef_minus8
        const coefficients = Math.min(64, 1 << (4 + (size << 1)));
        for (let index = 0; index < coefficients; index++) bits.se();
      }
    }
  }
}

function skipReferenceSets(bits: BitReader, orderLsbBits: number): void {
  const sets = bits.ueUpTo(64, 'num_short_term_ref_pic_sets');
  let pictures = 0;
  for (let set = 0; set < sets; set++) pictures = skipReferenceSet(bits, set, pictures);
  if (!bits.flag()) return; // long_term_ref_pics_present_flag
  const longTerm = bits.ueUpTo(32, 'num_long_term_ref_pics_sps');
  bits.skip(longTerm * (orderLsbBits + 1));
}

/** 7.3.7 in an SPS; returns how many pictures the set has, which the next one may be told from. */
function skipReferenceSet(bits: BitReader, set: number, before: number): number {
  if (set > 0 && bits.flag()) {
    bits.skip(1); // delta_rps_sign
    bits.ue(); // abs_delta_rps_minus1
    let pictures = 0;
    for (let picture = 0; picture <= before; picture++) {
      const used = bits.flag(); // used_by_curr_pic_flag
      if (used || bits.flag()) pictures++; // use_delta_flag
    }
    return pictures;
  }
  const pictures = bits.ueUpTo(16, 'num_negative_pics') + bits.ueUpTo(16, 'num_positive_pics');
  for (let picture = 0; picture < pictures; picture++) {
    bits.ue(); // delta_poc_minus1
    bits.skip(1); // used_by_curr_pic_flag
  }
  return pictures;
}

/** E.2.1, as far as the rate of pictures. */
function readVuiRate(bits: BitReader): number | undefined {
  if (bits.flag() && bits.bits(8) === 255) bits.skip(32); // sample aspect ratio
  if (bits.flag()) bits.skip(1); // overscan_appropriate_flag
  if (bits.flag()) {
    bits.skip(4); // video_format, video_full_range_flag
    if (bits.flag()) bits.skip(24); // colour description
  }
  if (bits.flag()) {
    bits.ue(); // chroma_sample_loc_type_top_field
    bits.ue();
  }
  bits.skip(3); // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (bits.flag()) for (let side = 0; side < 4; side++) bits.ue(); // default display window
  if (!bits.flag()) return undefined;
  const unitsInTick = bits.bits(32);
  return tickRate(unitsInTick, bits.bits(32));
}
