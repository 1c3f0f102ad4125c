import { type CopySwapped16, copySwapped16 } from '../bytes/index.js';
import { FramelaneError } from '../error.js';
import { copyPixels, Frame, type FrameSpec, frameOver, maxFrameSide } from '../frame/index.js';
import type { JpegDecoder, PixelTarget } from '../jpeg/codec.js';
import { readJpegHeader } from '../jpeg/jpeg-header.js';
import { type Doubt, decodeImage, doubtful, invalidField, type StrictOptions, type TineImage } from './image.js';
import { areaOf, captureTimeOf, checkFacts, hasArea, type ImageFacts, imageMetadata } from './image-facts.js';
import { imageFlags, imageFormatName, imageFormats, type TineImageHeader } from './image-header.js';
import { decodePng, type PngPicture, readPng } from './png.js';

/** How images become frames. The defaults are the choices explained in docs/tine.md. */
export interface ImageOptions extends StrictOptions {
  /** The server sends RGB24 as B,G,R and RGBA32 as B,G,R,A; default false. */
  readonly bgr?: boolean;
  /** Decodes JPEG; without one, JPEG images throw `NOT_DECODED`. */
  readonly jpeg?: JpegDecoder;
  /** Turns big-endian 16-bit pixels; default: in plain JavaScript. */
  readonly swap16?: CopySwapped16;
  /** Most pixels of a JPEG or PNG; default 64 Mi. (Raw pixels are there or they are not.) */
  readonly maxPixels?: number;
}

/** How the appended bytes become pixels. */
export type ImageCoding = 'as-is' | 'swap16' | 'jpeg' | 'png';

/** What an image will be as a frame, before any pixel is touched: enough to find memory for it. */
export interface ImagePlan {
  /** Header and raw bytes. */
  readonly image: TineImage;
  /** Format and size of the frame. */
  readonly spec: FrameSpec;
  /** Bits that carry something in each sample of the frame. */
  readonly effectiveBits: number;
  /** Whether the picture has the size that the header announces; JPEG and PNG may differ. */
  readonly asAnnounced: boolean;
  /** `as-is`: the appended bytes are the pixels and can be viewed where they lie. */
  readonly coding: ImageCoding;
  /** The PNG, looked over. */
  readonly png?: PngPicture;
}

/**
 * Checks an image and says what frame it makes. Throws `TINE_INVALID` with the byte offset of the field for a header that
 * makes no sense, `NOT_DECODED` for encodings that are not read (`decodeImage` gives their header and bytes), and the
 * errors of `decodeImage`, of JPEG and of PNG headers. Allocates nothing for pixels.
 */
export function planImage(input: Uint8Array | TineImage, options: ImageOptions = {}): ImagePlan {
  const image = input instanceof Uint8Array ? decodeImage(input, options) : input;
  const { header } = image;
  checkFacts(header, doubtful(options));
  switch (header.imageFormat) {
    case imageFormats.GRAY:
    case imageFormats.RGB24:
    case imageFormats.RGBA32:
      return planRaw(image, options);
    case imageFormats.JPEG:
      return planJpeg(image, options);
    case imageFormats.PNG:
      return planPng(image, options);
    default:
      throw notDecoded(header);
  }
}

function notDecoded(header: TineImageHeader): FramelaneError {
  const { imageFormat } = header;
  const name = imageFormatName(imageFormat);
  return new FramelaneError(
    'NOT_DECODED',
    `TINE image in format ${imageFormat} (${name ?? 'unknown'}) is not decoded; decodeImage gives its header and bytes`,
    { offset: 132, imageFormat },
  );
}

/** Bytes a pixel of the raw formats; gray has 1 or 2. */
const rawBytes: Readonly<Record<number, readonly number[]>> = {
  [imageFormats.GRAY]: [1, 2],
  [imageFormats.RGB24]: [3],
  [imageFormats.RGBA32]: [4],
};

function planRaw(image: TineImage, options: ImageOptions): ImagePlan {
  const { header } = image;
  const { bytesPerPixel, effectiveBitsPerPixel: bits } = header;
  const doubt = doubtful(options);
  if (rawBytes[header.imageFormat]?.includes(bytesPerPixel) !== true) {
    const name = imageFormatName(header.imageFormat);
    throw invalidField(`bytesPerPixel is ${bytesPerPixel}, which ${name} has not`, 112);
  }
  if (bits < -1 || bits > 8 * bytesPerPixel) {
    throw invalidField(`effectiveBitsPerPixel is ${bits}, with ${bytesPerPixel} bytes a pixel`, 116);
  }
  const { width, height } = rawSize(header);
  checkAppended(image.bytes.length, width * height * bytesPerPixel, doubt);
  const format = rawFormat(header, options.bgr === true);
  const bigEndian = format === 'gray16le' && (header.imageFlags & imageFlags.LITTLE_ENDIAN) === 0;
  const effectiveBits = bytesPerPixel > 2 ? 8 : bits > 0 ? bits : 8 * bytesPerPixel;
  const coding = bigEndian ? 'swap16' : 'as-is';
  return { image, spec: { format, width, height }, effectiveBits, asAnnounced: true, coding };
}

function rawSize(header: TineImageHeader): { width: number; height: number } {
  const area = hasArea(header);
  const width = area ? header.aoiWidth : header.sourceWidth;
  const height = area ? header.aoiHeight : header.sourceHeight;
  if (width < 1 || width > maxFrameSide) throw invalidField(`a width of ${width} pixels`, area ? 96 : 88);
  if (height < 1 || height > maxFrameSide) throw invalidField(`a height of ${height} rows`, area ? 100 : 92);
  return { width, height };
}

function checkAppended(size: number, needed: number, doubt: Doubt): void {
  if (size < needed) throw invalidField(`${size} bytes are appended; the pixels take ${needed}`, 184);
  if (size > needed) doubt(`${size} bytes are appended; the pixels take only ${needed}`, 184);
}

function rawFormat(header: TineImageHeader, bgr: boolean): FrameSpec['format'] {
  if (header.imageFormat === imageFormats.GRAY) return header.bytesPerPixel === 1 ? 'gray8' : 'gray16le';
  if (header.imageFormat === imageFormats.RGB24) return bgr ? 'bgr24' : 'rgb24';
  return bgr ? 'bgra32' : 'rgba32';
}

function planJpeg(image: TineImage, options: ImageOptions): ImagePlan {
  if (options.jpeg === undefined) {
    throw new FramelaneError(
      'NOT_DECODED',
      'TINE image in format 5 (JPEG): hand in a decoder ({ jpeg: new TurboJpeg() } from framelane/jpeg)',
      { offset: 132, imageFormat: imageFormats.JPEG },
    );
  }
  const { width, height, components } = readJpegHeader(image.bytes, options);
  return planCoded(image, options, { format: components === 1 ? 'gray8' : 'rgb24', width, height }, 'jpeg');
}

function planPng(image: TineImage, options: ImageOptions): ImagePlan {
  const png = readPng(image.bytes, options.maxPixels);
  return { ...planCoded(image, options, png.spec, 'png'), png };
}

/** The size of JPEG and PNG is their own: a server may send the picture of an error text instead. */
function planCoded(image: TineImage, options: ImageOptions, spec: FrameSpec, coding: ImageCoding): ImagePlan {
  const { header } = image;
  const doubt = doubtful(options);
  const area = hasArea(header);
  const width = area ? header.aoiWidth : header.sourceWidth;
  const height = area ? header.aoiHeight : header.sourceHeight;
  const asAnnounced = width === spec.width && height === spec.height;
  if (!asAnnounced) doubt(`the picture is ${spec.width}x${spec.height}, not ${width}x${height}`, area ? 96 : 88);
  return { image, spec, effectiveBits: codedBits(header, spec), asAnnounced, coding };
}

function codedBits({ effectiveBitsPerPixel: bits }: TineImageHeader, { format }: FrameSpec): number {
  if (format !== 'gray16le') return 8;
  return bits > 0 && bits <= 16 ? bits : 16;
}

/** Time, number, area and metadata of the frame that a planned image makes. */
export function imageFacts({ image, effectiveBits, asAnnounced }: ImagePlan): ImageFacts {
  const { header } = image;
  return {
    captureTime: captureTimeOf(header),
    sequence: header.frameNumber,
    area: asAnnounced ? areaOf(header) : undefined,
    metadata: imageMetadata(header, effectiveBits),
  };
}

/** Writes the pixels of a planned image into memory of its format and size, rows padded or not. */
export function fillPixels(plan: ImagePlan, target: PixelTarget, options: ImageOptions = {}): void {
  const { spec, image, coding } = plan;
  if (coding === 'jpeg') {
    options.jpeg?.decodeInto(image.bytes, target);
  } else if (coding === 'png') {
    copyPixels(frameOver(spec, decodePng(plan.png as PngPicture)), target);
  } else if (coding === 'swap16') {
    swapRows(image.bytes, target, options.swap16 ?? copySwapped16);
  } else {
    copyPixels(frameOver(spec, image.bytes), target);
  }
}

function swapRows(bytes: Uint8Array, target: PixelTarget, swap: CopySwapped16): void {
  const { data, stride } = target.planes[0] as { data: Uint8Array; stride: number };
  const rowBytes = 2 * target.width;
  const size = rowBytes * target.height;
  if (stride === rowBytes) {
    swap(bytes.subarray(0, size), data.subarray(0, size));
    return;
  }
  for (let row = 0; row < target.height; row++) {
    const from = bytes.subarray(row * rowBytes, (row + 1) * rowBytes);
    swap(from, data.subarray(row * stride, row * stride + rowBytes));
  }
}

/** The frame over the appended bytes themselves, for images whose coding is `as-is`: their number was checked. */
export function viewFrame({ spec, image, effectiveBits }: ImagePlan): Frame {
  const { header, bytes } = image;
  const stride = header.bytesPerPixel * spec.width;
  return new Frame({
    format: spec.format,
    width: spec.width,
    height: spec.height,
    planes: () => [{ data: bytes.subarray(0, stride * spec.height), stride }],
    captureTime: captureTimeOf(header),
    sequence: header.frameNumber,
    metadata: () => imageMetadata(header, effectiveBits),
    area: areaOf(header),
  });
}
