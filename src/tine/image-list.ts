import { BoundedReader, BoundedWriter } from '../bytes/index.js';
import { FramelaneError } from '../error.js';
import {
  doubtful,
  invalidField,
  looksLikeImage,
  type StrictOptions,
  type TineImage,
  type TineWarning,
} from './image.js';
import { decodeImageHeader, encodeImageHeader, imageHeaderBytes } from './image-header.js';

/** Bytes of one entry of a CF_AIMAGE: a header, then where its pixels are (i32) and how many bytes they take (i32). */
export const imageEntryBytes = imageHeaderBytes + 8;

/** How a CF_AIMAGE (format code 59) is laid out where its description leaves a choice. */
export interface ImageListOptions extends StrictOptions {
  /** What the entries' offsets count from: the first byte behind all entries (default), or the first byte of all. */
  readonly offsetsFrom?: 'frames' | 'start';
  /** Number of images; default: as many entries as start with "VSV3". */
  readonly count?: number;
}

/**
 * Takes an array of images (CF_AIMAGE) apart:
 *
 *     header[188] · i32 offset · i32 size     once an image
 *     pixels of the images
 *
 * The entry's size governs; a header that disagrees with it is a warning, or `TINE_INVALID` with `strict`. Pixels are views.
 */
export function decodeImages(bytes: Uint8Array, options: ImageListOptions = {}): TineImage[] {
  const count = options.count ?? countEntries(bytes);
  if (!Number.isInteger(count) || count < 0) throw new FramelaneError('BAD_ARGUMENT', `a count of ${count} images`);
  if (count * imageEntryBytes > bytes.byteLength) {
    throw new FramelaneError('TRUNCATED', `${count} images take more than the ${bytes.byteLength} bytes there are`, {
      offset: bytes.byteLength,
    });
  }
  const base = options.offsetsFrom === 'start' ? 0 : count * imageEntryBytes;
  return Array.from({ length: count }, (_, index) => decodeEntry(bytes, index * imageEntryBytes, base, options));
}

function countEntries(bytes: Uint8Array): number {
  let count = 0;
  while (looksLikeImage(bytes.subarray(count * imageEntryBytes))) count++;
  if (count === 0) throw invalidField('no array of images: it does not start with "VSV3"', 0);
  return count;
}

function decodeEntry(bytes: Uint8Array, at: number, base: number, options: StrictOptions): TineImage {
  const header = decodeImageHeader(bytes.subarray(at));
  const warnings: TineWarning[] = [];
  const doubt = doubtful(options, warnings);
  const reader = new BoundedReader(bytes, 'TINE image array', at + imageHeaderBytes);
  const offset = reader.i32();
  const size = reader.i32();
  if (offset < 0 || size < 0) {
    throw invalidField(`an image of ${size} bytes at offset ${offset}`, at + imageHeaderBytes);
  }
  if (header.appendedFrameSize !== size) {
    doubt(`appendedFrameSize is ${header.appendedFrameSize}, the array says ${size}`, at + 184);
  }
  reader.seek(base);
  reader.skip(offset);
  return { header, bytes: reader.bytes(size), warnings };
}

/** An array of images in fresh memory, pixels one behind another in the order of the entries. */
export function encodeImages(
  images: readonly Pick<TineImage, 'header' | 'bytes'>[],
  options: Pick<ImageListOptions, 'offsetsFrom'> = {},
): Uint8Array {
  const entries = images.length * imageEntryBytes;
  const total = images.reduce((sum, { bytes }) => sum + bytes.length, entries);
  const out = new Uint8Array(total);
  const writer = new BoundedWriter(out, 'TINE image array');
  let offset = options.offsetsFrom === 'start' ? entries : 0;
  for (const { header, bytes } of images) {
    writer.bytes(encodeImageHeader(header)).i32(offset).i32(bytes.length);
    offset += bytes.length;
  }
  for (const { bytes } of images) writer.bytes(bytes);
  return out;
}
