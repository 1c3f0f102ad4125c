import { FramelaneError } from '../error.js';
import { BitReader } from './bit-reader.js';
import { cropUnitX, cropUnitY, type VideoFormat } from './video-format.js';

/** What the rest of the library needs of an H.266 sequence parameter set (7.3.2.4). */
export interface VvcSps {
  /** sps_seq_parameter_set_id, 0 to 15. */
  readonly id: number;
  readonly format: VideoFormat;
  /** general_tier_flag: 0 main, 1 high; 0 as well where the VPS says it. */
  readonly tier: number;
}

/** Most pixels a side: sqrt(80216064 * 8) of level 6.3, doubled (A.4.2). */
const mostPixels = 50_664;

/**
 * Reads an SPS, header first, without start code, as far as the bit depth: rate and order of pictures stand behind all
 * coding tools. Profile and level are 0 where they stand in the VPS. Throws `NAL_INVALID`.
 */
export function parseVvcSps(nal: Uint8Array): VvcSps {
  const bits = new BitReader(nal, 2);
  const id = bits.bits(4);
  bits.skip(4); // sps_video_parameter_set_id
  const subLayers = bits.bits(3); // sps_max_sublayers_minus1
  const chromaFormat = bits.bits(2);
  const ctuBits = 5 + bits.bits(2); // sps_log2_ctu_size_minus5
  const { tier, ...profile } = bits.flag() ? readProfileTierLevel(bits, subLayers) : { tier: 0, profile: 0, level: 0 };
  bits.skip(1); // sps_gdr_enabled_flag
  if (bits.flag()) bits.skip(1); // sps_ref_pic_resampling_enabled_flag, sps_res_change_in_clvs_allowed_flag
  const coded = { width: bits.ueUpTo(mostPixels, 'width'), height: bits.ueUpTo(mostPixels, 'height') };
  const size = readCropping(bits, coded, chromaFormat);
  const about = { ...size, ...profile, chromaFormat, fps: undefined, reorderedFrames: undefined };
  skipSubpictures(bits, coded, ctuBits);
  return { id, tier, format: { codec: 'vvc', ...about, bitDepth: 8 + bits.ueUpTo(8, 'sps_bitdepth_minus8') } };
}

/** 7.3.3.1, in an SPS, where it is always whole. */
function readProfileTierLevel(bits: BitReader, subLayers: number): { tier: number; profile: number; level: number } {
  const profile = bits.bits(7);
  const tier = bits.bit();
  const level = bits.bits(8);
  bits.skip(2); // ptl_frame_only_constraint_flag, ptl_multilayer_enabled_flag
  skipConstraints(bits);
  const present = Array.from({ length: subLayers }, () => bits.flag());
  bits.align();
  for (const level of present) if (level) bits.skip(8); // sublayer_level_idc
  const subProfiles = bits.bits(8);
  bits.skip(32 * subProfiles); // general_sub_profile_idc
  return { tier, profile, level };
}

/** 7.3.3.2: 71 flags, those of later versions, then to a whole byte. */
function skipConstraints(bits: BitReader): void {
  if (bits.flag()) {
    bits.skip(71);
    const additional = bits.bits(8); // gci_num_additional_bits
    bits.skip(additional);
  }
  bits.align();
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function readCropping(bits: BitReader, coded: Size, chroma: number): Size {
  if (!bits.flag()) return coded;
  const width = coded.width - (cropUnitX[chroma] as number) * (bits.ue() + bits.ue());
  const height = coded.height - (cropUnitY[chroma] as number) * (bits.ue() + bits.ue());
  if (width > 0 && height > 0) return { width, height };
  throw new FramelaneError('NAL_INVALID', `an SPS crops ${coded.width}x${coded.height} to nothing`);
}

/** Subpictures of a level 6.3 picture are at most its slices (A.4.1). */
const mostSubpictures = 1000;

function skipSubpictures(bits: BitReader, coded: Size, ctuBits: number): void {
  if (!bits.flag()) return; // sps_subpic_info_present_flag
  const last = bits.ueUpTo(mostSubpictures - 1, 'sps_num_subpics_minus1');
  if (last > 0)
    skipSubpictureAreas(
      bits,
      last,
      [coded.width, coded.height].map((side) => indexBits(side, ctuBits)),
    );
  const idBits = bits.ueUpTo(15, 'sps_subpic_id_len_minus1') + 1;
  if (bits.flag() && bits.flag()) bits.skip(idBits * (last + 1));
}

function skipSubpictureAreas(bits: BitReader, last: number, sides: readonly number[]): void {
  const independent = bits.flag();
  const sameSize = bits.flag();
  const areaBits = sides.reduce((sum, side) => sum + side, 0);
  for (let index = 0; index <= last; index++) {
    const told = index === 0 || !sameSize;
    if (told && index > 0) bits.skip(areaBits); // sps_subpic_ctu_top_left_x, _y
    if (told && index < last) bits.skip(areaBits); // sps_subpic_width_minus1, _height_minus1
    if (!independent) bits.skip(2);
  }
}

/** Bits that count the coding tree units of a side; none where there is only one. */
function indexBits(side: number, ctuBits: number): number {
  return Math.ceil(Math.log2(Math.ceil(side / 2 ** ctuBits)));
}
