import type { NalCodec } from './codec.js';

/** What a sequence parameter set says about the pictures. */
export interface VideoFormat {
  /** What the stream is. */
  readonly codec: NalCodec;
  /** Pixels across, after cropping. */
  readonly width: number;
  /** Rows, after cropping; of the whole frame for interlaced video. */
  readonly height: number;
  /** profile_idc: 100 is High of H.264, 1 is Main of H.265 and Main 10 of H.266. */
  readonly profile: number;
  /** level_idc: tenths of the level for H.264, 30 times for H.265, 16 times for H.266 (16 major + 3 minor). */
  readonly level: number;
  /** 0 gray, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  /** Bits of a luma sample. */
  readonly bitDepth: number;
  /** Frames a second; undefined when the parameter set does not say. */
  readonly fps: number | undefined;
  /** Pictures that come out later than in decoding order; undefined when the parameter set does not say. */
  readonly reorderedFrames: number | undefined;
}

/** Pixels of luma that one unit of a cropping offset stands for, by chroma format. */
export const cropUnitX = [1, 2, 2, 1] as const;

/** The same for rows. */
export const cropUnitY = [1, 2, 1, 1] as const;

/** Frames or fields a second out of a timing pair; undefined where it makes no sense. */
export function tickRate(unitsInTick: number, timeScale: number): number | undefined {
  return unitsInTick > 0 && timeScale > 0 ? timeScale / unitsInTick : undefined;
}
