import { FramelaneError } from '../error.js';

/**
 * The pixel formats, with the number that stands for each in a ring's slot header (docs/ring-layout.md).
 * Numbers are never reused: other people's readers know them.
 */
export const pixelFormatCodes = {
  gray8: 1,
  gray16le: 2,
  rgb24: 3,
  bgr24: 4,
  rgba32: 5,
  bgra32: 6,
  bgrx32: 7,
  yuyv422: 8,
  nv12: 9,
  i420: 10,
  bayer_rggb8: 16,
  bayer_bggr8: 17,
  bayer_grbg8: 18,
  bayer_gbrg8: 19,
  bayer_rggb16le: 20,
  bayer_bggr16le: 21,
  bayer_grbg16le: 22,
  bayer_gbrg16le: 23,
} as const;

/** Name of a pixel format: component order as it lies in memory, then bits a pixel. */
export type PixelFormat = keyof typeof pixelFormatCodes;

/** Every pixel format name. */
export const pixelFormats = Object.keys(pixelFormatCodes) as readonly PixelFormat[];

const formatByCode = new Map<number, PixelFormat>(
  Object.entries(pixelFormatCodes).map(([name, code]) => [code, name as PixelFormat]),
);

/** How one plane of a format is cut out of the picture. */
export interface PlaneShape {
  /** Bytes of one sample group (of `step` pixels across). */
  readonly bytes: number;
  /** Pixels across that one group covers: 1, or 2 where chroma is shared. */
  readonly stepX: 1 | 2;
  /** Picture rows that one row of the plane covers: 1, or 2 where chroma is shared. */
  readonly stepY: 1 | 2;
}

/** What a pixel format looks like to code that only moves or views it. */
export interface PixelFormatInfo {
  readonly name: PixelFormat;
  /** Number in the ring's slot header. */
  readonly code: number;
  /** 1 for packed formats, 2 for nv12, 3 for i420. */
  readonly planes: readonly PlaneShape[];
  /** Interleaved components a pixel in plane 0 (1 gray and Bayer, 3 RGB, 4 RGBA, 2 YUYV). */
  readonly channels: 1 | 2 | 3 | 4;
  /** Type of one component. */
  readonly dtype: 'uint8' | 'uint16';
}

const whole = (bytes: number): PlaneShape => ({ bytes, stepX: 1, stepY: 1 });

function shapeOf(name: PixelFormat): Omit<PixelFormatInfo, 'name' | 'code'> {
  switch (name) {
    case 'rgb24':
    case 'bgr24':
      return { planes: [whole(3)], channels: 3, dtype: 'uint8' };
    case 'rgba32':
    case 'bgra32':
    case 'bgrx32':
      return { planes: [whole(4)], channels: 4, dtype: 'uint8' };
    case 'yuyv422':
      return { planes: [{ bytes: 4, stepX: 2, stepY: 1 }], channels: 2, dtype: 'uint8' };
    case 'nv12':
      return { planes: [whole(1), { bytes: 2, stepX: 2, stepY: 2 }], channels: 1, dtype: 'uint8' };
    case 'i420': {
      const chroma: PlaneShape = { bytes: 1, stepX: 2, stepY: 2 };
      return { planes: [whole(1), chroma, chroma], channels: 1, dtype: 'uint8' };
    }
    default:
      return name.endsWith('16le')
        ? { planes: [whole(2)], channels: 1, dtype: 'uint16' }
        : { planes: [whole(1)], channels: 1, dtype: 'uint8' };
  }
}

const infos = new Map<PixelFormat, PixelFormatInfo>(
  pixelFormats.map((name) => [name, { name, code: pixelFormatCodes[name], ...shapeOf(name) }]),
);

/** Facts about a pixel format. Throws `BAD_ARGUMENT` for a name that is none. */
export function pixelFormatInfo(format: PixelFormat): PixelFormatInfo {
  const info = infos.get(format);
  if (info === undefined) {
    throw new FramelaneError(
      'BAD_ARGUMENT',
      `unknown pixel format "${String(format)}"; known: ${pixelFormats.join(', ')}`,
    );
  }
  return info;
}

/** Whether a word names a pixel format. */
export function isPixelFormat(word: string): word is PixelFormat {
  return infos.has(word as PixelFormat);
}

/** The format that a slot header's number stands for, or undefined. */
export function pixelFormatOfCode(code: number): PixelFormat | undefined {
  return formatByCode.get(code);
}
