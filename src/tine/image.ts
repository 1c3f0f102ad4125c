import { FramelaneError } from '../error.js';
import {
  decodeImageHeader,
  imageBaseTag,
  imageHeaderBytes,
  imageVersionTag,
  type TineImageHeader,
} from './image-header.js';

/** Something that is wrong with an image and does not keep it from being read. */
export interface TineWarning {
  readonly message: string;
  /** Byte of the header field it is about. */
  readonly offset: number;
}

/** How much is forgiven. */
export interface StrictOptions {
  /** Throw `TINE_INVALID` where the default is to warn; default false. */
  readonly strict?: boolean;
  /** Told about what was forgiven. */
  readonly onWarning?: (warning: TineWarning) => void;
}

/** A TINE image taken apart, its pixels still as they came. */
export interface TineImage {
  /** Every field as it came. */
  readonly header: TineImageHeader;
  /** The appended bytes, a view: `appendedFrameSize` of them. */
  readonly bytes: Uint8Array;
  /** What was forgiven; empty for a good image. */
  readonly warnings: readonly TineWarning[];
}

/**
 * Takes an image apart without touching its pixels: whatever its `imageFormat`, this gives the header and the raw bytes.
 *
 * `appendedFrameSize` says how many bytes belong to it (0 and -1: none); what follows them is no part of the image. A
 * `totalLength` that disagrees, or a version other than 1, is a warning, or `TINE_INVALID` with `strict`. Throws
 * `TRUNCATED` with the offset when bytes are missing, `TINE_INVALID` for what is no image. Allocates nothing for pixels.
 */
export function decodeImage(bytes: Uint8Array, options: StrictOptions = {}): TineImage {
  const header = decodeImageHeader(bytes);
  const warnings: TineWarning[] = [];
  const doubt = doubtful(options, warnings);
  const size = appendedBytes(header);
  if (header.versionTag !== imageVersionTag) doubt(`versionTag is ${header.versionTag}, not ${imageVersionTag}`, 8);
  if (header.appendedFrameSize === -1) doubt('appendedFrameSize is -1: the image was never filled in', 184);
  const nothingSet = size === 0 && header.totalLength === 0;
  if (header.totalLength !== imageHeaderBytes + size && !nothingSet) {
    doubt(`totalLength is ${header.totalLength}, but header and appendedFrameSize are ${imageHeaderBytes + size}`, 12);
  }
  if (imageHeaderBytes + size > bytes.byteLength) {
    throw new FramelaneError(
      'TRUNCATED',
      `TINE image ends at byte ${bytes.byteLength}; its header announces ${imageHeaderBytes + size}`,
      { offset: bytes.byteLength, announced: imageHeaderBytes + size },
    );
  }
  return { header, bytes: bytes.subarray(imageHeaderBytes, imageHeaderBytes + size), warnings };
}

function appendedBytes(header: TineImageHeader): number {
  if (header.appendedFrameSize >= -1) return Math.max(0, header.appendedFrameSize);
  throw invalidField(`appendedFrameSize is ${header.appendedFrameSize}`, 184);
}

/** How a doubtful field is treated: thrown when strict, otherwise noted and told. */
export type Doubt = (message: string, offset: number) => void;

/** The {@link Doubt} that options ask for. */
export function doubtful(options: StrictOptions, noted?: TineWarning[]): Doubt {
  return (message, offset) => {
    if (options.strict === true) throw invalidField(message, offset);
    const warning = { message, offset };
    noted?.push(warning);
    options.onWarning?.(warning);
  };
}

/** The error of a header field that makes the image unreadable; `offset` is the field's. */
export function invalidField(message: string, offset: number): FramelaneError {
  return new FramelaneError('TINE_INVALID', `TINE image, byte ${offset}: ${message}`, { offset });
}

/** Whether bytes start as a TINE image does. */
export function looksLikeImage(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 4) return false;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) === imageBaseTag;
}
