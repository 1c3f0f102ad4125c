import { FramelaneError } from '../error.js';
import { toRgb } from '../frame/convert.js';
import { type Frame, frameBytes, frameOver, type NdArray, toNdArray } from '../frame/index.js';
import type { TineImage } from './image.js';
import { fillPixels, type ImageOptions, type ImagePlan, imageFacts, planImage, viewFrame } from './image-plan.js';

/** How an image becomes a frame or an array, and where its pixels go when they cannot stay where they are. */
export interface ToFrameOptions extends ImageOptions {
  /** Memory for pixels that must be decoded or turned; default: fresh. Too little throws `BAD_ARGUMENT`. */
  readonly into?: Uint8Array;
}

/**
 * A TINE image (header and appended bytes) as a frame.
 *
 * gray8, little-endian gray16, RGB24 and RGBA32 come as a view of `bytes`, without a copy: the frame is good for as long
 * as those bytes are left alone. Big-endian gray16 comes out little-endian, JPEG and PNG decoded, in memory of their own.
 * Format: gray8, gray16le, rgb24 (bgr24, bgra32 with `bgr`), rgba32. What the header says beside that is in the frame's
 * `captureTime`, `sequence`, `area` and `metadata` (docs/tine.md).
 * Throws `TINE_INVALID`, `TRUNCATED`, `NOT_DECODED`, `JPEG_INVALID` or `LIMIT_EXCEEDED`, with the byte offset.
 */
export function toFrame(bytes: Uint8Array | TineImage, options: ToFrameOptions = {}): Frame {
  const plan = planImage(bytes, options);
  return plan.coding === 'as-is' ? viewFrame(plan) : filledFrame(plan, options);
}

/** The planned image in the caller's memory, or in fresh. */
export function filledFrame(plan: ImagePlan, options: ToFrameOptions, onRelease?: () => void): Frame {
  const needed = frameBytes(plan.spec);
  const { into } = options;
  if (into !== undefined && into.byteLength < needed) {
    throw new FramelaneError('BAD_ARGUMENT', `the pixels take ${needed} bytes; "into" has ${into.byteLength}`);
  }
  if (plan.spec.format === 'gray16le' && into !== undefined && into.byteOffset % 2 !== 0) {
    throw new FramelaneError('BAD_ARGUMENT', '"into" starts at an odd address; 16-bit pixels need an even one');
  }
  const frame = frameOver(plan.spec, into ?? new Uint8Array(needed), { ...imageFacts(plan), onRelease });
  fillPixels(plan, frame, options);
  return frame;
}

/**
 * A TINE image as an array in the machine's byte order: [height, width] for gray, [height, width, channels] for colour,
 * channels in the order R, G, B (, A) whatever the server's. A view of `bytes` wherever its layout allows; 16-bit pixels at
 * an odd address are copied. Errors are those of {@link toFrame}.
 */
export function toArray(bytes: Uint8Array | TineImage, options: ToFrameOptions = {}): NdArray {
  const plan = planImage(bytes, options);
  return canView(plan) ? viewArray(plan) : frameArray(filledFrame(plan, options));
}

/** Whether the appended bytes can be viewed as an array: 16-bit pixels need an even address. */
export function canView({ spec, image, coding }: ImagePlan): boolean {
  return coding === 'as-is' && (spec.format !== 'gray16le' || (littleEndian && image.bytes.byteOffset % 2 === 0));
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The array over the appended bytes themselves, where {@link canView} allows it. */
export function viewArray(plan: ImagePlan): NdArray {
  const { format, width, height } = plan.spec;
  const { bytes, header } = plan.image;
  if (format === 'gray16le') {
    const data = new Uint16Array(bytes.buffer, bytes.byteOffset, width * height);
    return { data, shape: [height, width], stride: [width, 1], offset: 0, dtype: 'uint16' };
  }
  const channels = header.bytesPerPixel;
  const data = bytes.subarray(0, width * height * channels);
  if (channels === 1) return { data, shape: [height, width], stride: [width, 1], offset: 0, dtype: 'uint8' };
  if (format === 'bgr24' || format === 'bgra32') return frameArray(viewFrame(plan));
  const stride = [width * channels, channels, 1];
  return { data, shape: [height, width, channels], stride, offset: 0, dtype: 'uint8' };
}

/** A frame as an array with its channels in the order R, G, B (, A). */
export function frameArray(frame: Frame): NdArray {
  if (frame.format === 'bgra32') return toNdArray(toRgb(frame));
  const array = toNdArray(frame);
  if (frame.format !== 'bgr24') return array;
  // Walk the channels backwards: no copy.
  const [row, pixel] = array.stride as [number, number, number];
  return { ...array, stride: [row, pixel, -1], offset: array.offset + 2 };
}
