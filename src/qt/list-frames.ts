import { Frame, type FrameInit, type Plane, pixelFormatInfo } from '../frame/index.js';
import { type PackedReading, readingOf } from './image-format.js';
import { type ListedImage, readListedImages } from './image-list.js';
import { unpackPixels } from './packed-pixels.js';

/** How the frames of a list are made. */
export interface QtListOptions {
  /** Names the segment in errors. */
  readonly subject?: string;
  /** The segment the bytes are of: once that is closed, frames that lie in it are released. */
  readonly viewOf?: { readonly released: boolean };
  /** When the images were taken, ns since 1970; 0n unknown. */
  readonly captureTime?: bigint;
}

/**
 * The images of a list as frames. Their pixels are seen in place, where a pixel format of Framelane is the same; packed
 * ones (Mono, RGB16, RGB555, ARGB4444_Premultiplied ...) are converted to gray8, rgb24 or rgba32 without a loss, when
 * their pixels are first asked for, into memory of their own. Metadata `qt.format` names QImage's format; premultiplied colours stay premultiplied. Sequences
 * are from 1. Throws as {@link readListedImages}.
 */
export function readImageList(segment: Uint8Array, options: QtListOptions = {}): Frame[] {
  return readListedImages(segment, options.subject).map((image) => imageFrame(segment, image, options));
}

/** One image of a list that was checked, as a frame. */
export function imageFrame(segment: Uint8Array, image: ListedImage, options: QtListOptions = {}): Frame {
  const { width, height, stride, offset, bytes } = image;
  const reading = readingOf(image.format);
  if (reading === undefined) throw new Error(`Format_${image.format} was not checked`);
  const plane: Plane = { data: segment.subarray(offset, offset + bytes), stride };
  const init = {
    format: reading.as,
    width,
    height,
    viewOf: options.viewOf,
    sequence: image.index + 1,
    captureTime: options.captureTime,
    metadata: { 'qt.format': image.format },
  } satisfies Partial<FrameInit>;
  if ('packed' in reading) return new Frame({ ...init, planes: () => [unpacked(plane, reading, image)] });
  return new Frame({ ...init, planes: [plane] });
}

/** A bit can become a byte; an image's bytes are an i32 and its sides 16 bits, so it stays below 2^32 of them. */
function unpacked(from: Plane, reading: PackedReading, { width, height }: ListedImage): Plane {
  const stride = width * pixelFormatInfo(reading.as).channels;
  const data = new Uint8Array(stride * height);
  unpackPixels(from, reading.packed, width, height, data);
  return { data, stride };
}
