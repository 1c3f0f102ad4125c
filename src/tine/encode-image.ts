import { FramelaneError } from '../error.js';
import { toRgb } from '../frame/convert.js';
import { copyPixels, type Frame, frameBytes, frameOver, type PixelFormat } from '../frame/index.js';
import type { JpegEncodeOptions, JpegEncoder } from '../jpeg/codec.js';
import { effectiveBitsOf, headerFieldsOf } from './image-facts.js';
import { encodeImageHeader, imageFlags, imageFormats, imageHeaderBytes, type TineImageHeader } from './image-header.js';

/** How a frame becomes an image. */
export interface EncodeImageOptions extends JpegEncodeOptions {
  /** Compress with this encoder (gray8 or colour; 16-bit gray must be mapped to 8 bits first); default: raw pixels. */
  readonly jpeg?: JpegEncoder;
  /** Header fields that differ from what the frame says. Sizes, format and lengths are the image's own. */
  readonly header?: Partial<TineImageHeader>;
  /** Memory for the image; default: fresh. Too little throws `LIMIT_EXCEEDED`. */
  readonly into?: Uint8Array;
}

/** Raw pixel formats: their image format, bytes a pixel, and bits a pixel when the frame does not say. */
const rawFormats = {
  gray8: { imageFormat: imageFormats.GRAY, bytesPerPixel: 1 },
  gray16le: { imageFormat: imageFormats.GRAY, bytesPerPixel: 2 },
  rgb24: { imageFormat: imageFormats.RGB24, bytesPerPixel: 3 },
  rgba32: { imageFormat: imageFormats.RGBA32, bytesPerPixel: 4 },
} as const;

type RawFormat = keyof typeof rawFormats;

/**
 * A frame as a TINE image, header and pixels, in fresh memory or in a view of `into`.
 *
 * gray8, gray16le, rgb24 and rgba32 go as they are, other formats as RGB (`toRgb`). Header fields come from the frame's
 * time, number, area and `tine.` metadata, so that an image that was decoded goes out with the fields it came with. The
 * bytes are little-endian and LOSSLESS; JPEG clears LOSSLESS, says 1 or 3 bytes a pixel with 8 or 24 bits, and keeps the
 * original in `sourceFormat`.
 */
export function encodeImage(frame: Frame, options: EncodeImageOptions = {}): Uint8Array {
  const picture = toRgb(frame);
  return options.jpeg === undefined ? encodeRaw(picture, options) : encodeJpeg(picture, options, options.jpeg);
}

function encodeRaw(picture: Frame, options: EncodeImageOptions): Uint8Array {
  const format = picture.format as RawFormat;
  const { imageFormat, bytesPerPixel } = rawFormats[format];
  const bits = effectiveBitsOf(picture);
  const gray = imageFormat === imageFormats.GRAY;
  const size = frameBytes({ format, width: picture.width, height: picture.height });
  const out = room(size, options.into);
  const header = {
    ...commonFields(picture, options),
    imageFormat,
    bytesPerPixel,
    effectiveBitsPerPixel: gray && bits !== undefined && bits <= 8 * bytesPerPixel ? bits : 8 * bytesPerPixel,
  };
  writeHeader(out, header, size, imageFlags.LOSSLESS);
  const target = frameOver({ format, width: picture.width, height: picture.height }, out.subarray(imageHeaderBytes));
  copyPixels(picture, target);
  return out;
}

function encodeJpeg(picture: Frame, options: EncodeImageOptions, encoder: JpegEncoder): Uint8Array {
  if (picture.format === 'gray16le') {
    throw new FramelaneError('UNSUPPORTED', 'JPEG has 8 bits: map 16-bit gray to 8 first (levelFrame)');
  }
  const jpeg = encoder.encode(picture, { quality: options.quality, subsampling: options.subsampling });
  const out = room(jpeg.length, options.into);
  const bytesPerPixel = picture.format === 'gray8' ? 1 : 3;
  const original = rawFormats[picture.format as RawFormat].imageFormat;
  const header = {
    sourceFormat: original,
    ...commonFields(picture, options),
    imageFormat: imageFormats.JPEG,
    bytesPerPixel,
    effectiveBitsPerPixel: 8 * bytesPerPixel,
  };
  writeHeader(out, header, jpeg.length, 0);
  out.set(jpeg, imageHeaderBytes);
  return out;
}

function room(size: number, into: Uint8Array | undefined): Uint8Array {
  const needed = imageHeaderBytes + size;
  if (into === undefined) return new Uint8Array(needed);
  if (into.byteLength >= needed) return into.subarray(0, needed);
  throw new FramelaneError('LIMIT_EXCEEDED', `the image takes ${needed} bytes; "into" has ${into.byteLength}`);
}

/** What the frame and the caller say, but for what the appended bytes decide. */
function commonFields(picture: Frame, options: EncodeImageOptions): Partial<TineImageHeader> {
  const own: Partial<TineImageHeader> = { horizontalBinning: 1, verticalBinning: 1 };
  const frameNumber = picture.sequence % 0x1_0000_0000;
  const fromFrame = headerFieldsOf(picture);
  return { ...own, frameNumber, ...fromFrame, ...options.header };
}

function writeHeader(out: Uint8Array, fields: Partial<TineImageHeader>, size: number, lossless: number): void {
  const { LITTLE_ENDIAN, LOSSLESS } = imageFlags;
  const kept = (fields.imageFlags ?? 0) & ~(LITTLE_ENDIAN | LOSSLESS);
  const lengths = { totalLength: imageHeaderBytes + size, appendedFrameSize: size };
  encodeImageHeader({ ...fields, ...lengths, imageFlags: kept | LITTLE_ENDIAN | lossless }, out);
}

/** Whether a frame of this format goes into an image without a conversion of its pixels. */
export function isRawImageFormat(format: PixelFormat): boolean {
  return format in rawFormats;
}
