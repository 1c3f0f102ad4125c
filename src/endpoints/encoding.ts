import type { Frame } from '../frame/frame.js';
import { effectiveBitsKey } from '../frame/levels.js';
import { quietly } from './ffmpeg-child.js';
import { ffmpegPixels } from './ffmpeg-pixels.js';
import { oneOf, whole } from './uri.js';

/** What frames can be encoded into. */
export const encoders = ['avc', 'hevc', 'jpeg'] as const;

/** How frames are encoded. */
export interface EncodingOptions {
  /** The format. */
  readonly codec: (typeof encoders)[number];
  /** Bits a second; default: what {@link crf} needs. */
  readonly bitrate?: number;
  /** Constant quality, smaller is better: 0 to 51 (crf) for avc and hevc, 2 to 31 (qscale) for jpeg. */
  readonly crf?: number;
  /** Pictures from one key frame to the next; default: two seconds. */
  readonly gop?: number;
  /** x264's and x265's word for how much work they take: `ultrafast` (default) to `veryslow`. */
  readonly preset?: string;
}

/** Pictures a second as a fraction, so that a picture's number can be told from its time for ever. */
export interface Rate {
  readonly num: number;
  readonly den: number;
}

/** The rate of streams that say none. */
const usualFps = 30;

/** A rate as the fraction that is meant: 29.97 is 30000/1001. */
export function rateOf(fps = usualFps): Rate {
  if (!(fps > 0)) return rateOf(usualFps);
  if (Number.isInteger(fps)) return { num: fps, den: 1 };
  const television = Math.round(fps * 1.001);
  if (Math.abs(television / 1.001 - fps) < 0.005) return { num: television * 1000, den: 1001 };
  return { num: Math.max(1, Math.round(fps * 1000)), den: 1000 };
}

/** Arguments of an ffmpeg that encodes pixels from its standard input, each picture as soon as it is there. */
export function encoderArguments(frame: Frame, rate: Rate, options: EncodingOptions): string[] {
  const size = `${frame.width}x${frame.height}`;
  const pixels = ['-f', 'rawvideo', '-pixel_format', pixelsOf(frame), '-video_size', size];
  const input = [...pixels, '-framerate', `${rate.num}/${rate.den}`, '-i', 'pipe:0', '-map', '0:v'];
  const filters = ['-vf', filtersOf(frame, options), ...colourTags(frame)];
  return [...quietly, ...input, ...filters, ...codecArguments(options, rate)];
}

/** 16-bit gray of a 12-bit camera would be black if it were taken for what it is. */
function pixelsOf(frame: Frame): string {
  const bits = frame.format === 'gray16le' ? frame.metadata[effectiveBitsKey] : undefined;
  return [9, 10, 12, 14].includes(bits as number) ? `gray${bits}le` : ffmpegPixels[frame.format];
}

/** YUV stays as it is; everything else becomes what players take video of any size for, unless it says otherwise. */
const isYuv = ({ format }: Frame) => format === 'nv12' || format === 'i420' || format === 'yuyv422';

/** Chroma is shared by 2 x 2 pixels: odd sizes get a row or column more. */
function filtersOf(frame: Frame, { codec }: EncodingOptions): string {
  const even = frame.width % 2 === 0 && frame.height % 2 === 0;
  const pixels = codec === 'jpeg' ? 'yuvj420p' : 'yuv420p';
  const matrix = isYuv(frame) || codec === 'jpeg' ? [] : ['scale=out_color_matrix=bt709:out_range=tv'];
  const pad = even || codec === 'jpeg' ? [] : ['pad=ceil(iw/2)*2:ceil(ih/2)*2'];
  return [...matrix, `format=${pixels}`, ...pad].join(',');
}

function colourTags(frame: Frame): string[] {
  if (isYuv(frame)) return [];
  return ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'];
}

function codecArguments(options: EncodingOptions, rate: Rate): string[] {
  const { codec, preset = 'ultrafast', gop = Math.max(1, Math.round((2 * rate.num) / rate.den)) } = options;
  if (codec === 'jpeg')
    return ['-c:v', 'mjpeg', '-threads', '1', '-huffman', 'default', '-q:v', String(options.crf ?? 3)];
  const library = codec === 'avc' ? ['libx264'] : ['libx265', '-x265-params', 'log-level=error:open-gop=0'];
  const live = ['-preset', preset, '-tune', 'zerolatency', '-bf', '0', '-g', String(gop)];
  // NUT keeps parameter sets in its header; a unit that begins a stream has them itself.
  return ['-c:v', ...library, ...live, ...qualityArguments(options), '-bsf:v', 'dump_extra=freq=keyframe'];
}

/** A rate that is to be kept is kept over a second: more would be delay on a network. */
function qualityArguments({ bitrate, crf }: EncodingOptions): string[] {
  const limit = bitrate === undefined ? [] : ['-maxrate', String(bitrate), '-bufsize', String(bitrate)];
  if (crf !== undefined) return ['-crf', String(crf), ...limit];
  return bitrate === undefined ? [] : ['-b:v', String(bitrate), ...limit];
}

const presets = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
] as const;

/** Readers of the options by which an address says how frames are encoded for it; `codec` is the address's own. */
export const encodingReaders = {
  bitrate: bitRate,
  crf: whole(0, 51),
  gop: whole(1, 100_000),
  preset: oneOf(...presets),
};

/** Bits a second, with `k`, `M` or `G` (powers of 1000). */
function bitRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text);
  const unit = { '': 1, k: 1e3, m: 1e6, g: 1e9 }[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN;
  const value = Math.round(Number(match?.[1]) * unit);
  if (!(value >= 1000 && value <= 1e10)) throw new Error('bits a second are expected, such as 4M or 800k');
  return value;
}
