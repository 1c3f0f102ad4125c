import { FramelaneError } from '../error.js';
import { toRgb } from '../frame/convert.js';
import { type Frame, frameBytes, frameOver, type NdArray, toNdArray } from '../frame/index.js';
import type { TineImage } from './image.js';
import { fillPixels, type ImageOptions, type ImagePlan, planImage, viewFrame } from './image-plan.js';

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
  const frame = frameOver(plan.spec, into ?? new Uint8Array(needed), { ...plan.facts, onRelease });
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
  return frameArray(canView(plan) ? viewFrame(plan) : filledFrame(plan, options));
}

/** Whether the appended bytes can be viewed as an array: 16-bit pixels need an even address. */
export function canView({ spec, image, coding }: ImagePlan): boolean {
  return coding === 'as-is' && (spec.format !== 'gray16le' || image.bytes.byteOffset % 2 === 0);
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
