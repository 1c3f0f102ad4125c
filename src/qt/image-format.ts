import type { PixelFormat } from '../frame/index.js';
import type { BitField, PackedPixels } from './packed-pixels.js';

/**
 * The formats of QImage, with their numbers in Qt 5.15 and Qt 6 (qimage.h, `enum QImage::Format`). Qt 5.15 ends with
 * BGR888.
 */
export const qtImageFormats = [
  'Invalid',
  'Mono',
  'MonoLSB',
  'Indexed8',
  'RGB32',
  'ARGB32',
  'ARGB32_Premultiplied',
  'RGB16',
  'ARGB8565_Premultiplied',
  'RGB666',
  'ARGB6666_Premultiplied',
  'RGB555',
  'ARGB8555_Premultiplied',
  'RGB888',
  'RGB444',
  'ARGB4444_Premultiplied',
  'RGBX8888',
  'RGBA8888',
  'RGBA8888_Premultiplied',
  'BGR30',
  'A2BGR30_Premultiplied',
  'RGB30',
  'A2RGB30_Premultiplied',
  'Alpha8',
  'Grayscale8',
  'RGBX64',
  'RGBA64',
  'RGBA64_Premultiplied',
  'Grayscale16',
  'BGR888',
  'RGBX16FPx4',
  'RGBA16FPx4',
  'RGBA16FPx4_Premultiplied',
  'RGBX32FPx4',
  'RGBA32FPx4',
  'RGBA32FPx4_Premultiplied',
  'CMYK8888',
] as const;

/** Name of a format of QImage, without `Format_`. */
export type QtImageFormat = (typeof qtImageFormats)[number];

/** They are such pixels: seen in place. */
export interface PlainReading {
  /** The frame's format. */
  readonly as: PixelFormat;
  /** Bytes a pixel. */
  readonly bytes: number;
}

/** No component has more than 8 bits: converted without a loss. */
export interface PackedReading {
  /** The frame's format. */
  readonly as: 'gray8' | 'rgb24' | 'rgba32';
  /** Where the components lie. */
  readonly packed: PackedPixels;
}

/** How the pixels of a format become a frame's. */
export type PixelReading = PlainReading | PackedReading;

const field = (shift: number, bits: number): BitField => ({ shift, bits });

/** From the lowest bit: an alpha of 8 bits, blue, green, red, any other alpha. Qt's names say it from the highest. */
function packed(bytes: 2 | 3, blue: number, green: number, red: number, alpha = 0): PixelReading {
  const start = alpha === 8 ? 8 : 0;
  const colours = [field(start + blue + green, red), field(start + blue, green), field(start, blue)];
  if (alpha === 0) return { as: 'rgb24', packed: { bytes, fields: colours } };
  const last = field(alpha === 8 ? 0 : blue + green + red, alpha);
  return { as: 'rgba32', packed: { bytes, fields: [...colours, last], clamped: alpha > blue } };
}

const readings: Partial<Record<QtImageFormat, PixelReading>> = {
  Mono: { as: 'gray8', packed: { bytes: 0, fields: [], highestFirst: true } },
  MonoLSB: { as: 'gray8', packed: { bytes: 0, fields: [], highestFirst: false } },
  Indexed8: { as: 'gray8', bytes: 1 },
  Alpha8: { as: 'gray8', bytes: 1 },
  Grayscale8: { as: 'gray8', bytes: 1 },
  Grayscale16: { as: 'gray16le', bytes: 2 },
  RGB888: { as: 'rgb24', bytes: 3 },
  BGR888: { as: 'bgr24', bytes: 3 },
  RGB32: { as: 'bgrx32', bytes: 4 },
  ARGB32: { as: 'bgra32', bytes: 4 },
  ARGB32_Premultiplied: { as: 'bgra32', bytes: 4 },
  RGBX8888: { as: 'rgba32', bytes: 4 },
  RGBA8888: { as: 'rgba32', bytes: 4 },
  RGBA8888_Premultiplied: { as: 'rgba32', bytes: 4 },
  RGB16: packed(2, 5, 6, 5),
  RGB555: packed(2, 5, 5, 5),
  RGB444: packed(2, 4, 4, 4),
  RGB666: packed(3, 6, 6, 6),
  ARGB8565_Premultiplied: packed(3, 5, 6, 5, 8),
  ARGB8555_Premultiplied: packed(3, 5, 5, 5, 8),
  ARGB6666_Premultiplied: packed(3, 6, 6, 6, 6),
  ARGB4444_Premultiplied: packed(2, 4, 4, 4, 4),
};

/** How the pixels of a format of QImage are read; undefined for those whose components have more than 8 bits. */
export function readingOf(format: QtImageFormat): PixelReading | undefined {
  return readings[format];
}

/** The format of QImage that a frame is in an image list; undefined: it becomes RGB first. */
export function imageFormatOf(format: PixelFormat): QtImageFormat | undefined {
  return imageFormats[format];
}

const imageFormats: Partial<Record<PixelFormat, QtImageFormat>> = {
  gray8: 'Grayscale8',
  gray16le: 'Grayscale16',
  rgb24: 'RGB888',
  bgr24: 'BGR888',
  rgba32: 'RGBA8888',
  bgra32: 'ARGB32',
  bgrx32: 'RGB32',
};
