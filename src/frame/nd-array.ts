import { FramelaneError } from '../error.js';
import type { Frame, Plane } from './frame.js';
import { frameLayout } from './geometry.js';
import { pixelFormatInfo } from './pixel-format.js';

/** Element types of an {@link NdArray}. */
export type NdArrayData = Uint8Array | Uint16Array;

/**
 * An n-dimensional view, structurally what the `ndarray` package and numpy users know: the element at [i, j, k] is
 * `data[offset + i * stride[0] + j * stride[1] + k * stride[2]]`.
 */
export interface NdArray<T extends NdArrayData = NdArrayData> {
  readonly data: T;
  /** Elements along each axis: [height, width] or [height, width, channels]. */
  readonly shape: readonly number[];
  /** Elements (not bytes) to step along each axis. */
  readonly stride: readonly number[];
  /** Element index of the first one. */
  readonly offset: number;
  readonly dtype: 'uint8' | 'uint16';
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * A packed frame as an array without a copy, rows possibly strided: [height, width] for gray and Bayer,
 * [height, width, channels] otherwise; yuyv422 is [height, width, 2], odd widths rounded up.
 * Throws `UNSUPPORTED` for planar formats (view each plane with {@link planeToNdArray}) and for 16-bit pixels whose
 * memory does not allow a 16-bit view (odd address or stride).
 */
export function toNdArray(frame: Frame): NdArray {
  const info = pixelFormatInfo(frame.format);
  if (info.planes.length > 1) {
    throw new FramelaneError('UNSUPPORTED', `${frame.format} has ${info.planes.length} planes; view them one by one`);
  }
  return planeToNdArray(frame, 0);
}

/** One plane of any frame as an array without a copy; nv12's chroma is [rows, columns, 2]. */
export function planeToNdArray(frame: Frame, index: number): NdArray {
  const info = pixelFormatInfo(frame.format);
  const shape = info.planes[index];
  const layout = frameLayout(frame).planes[index];
  if (shape === undefined || layout === undefined) {
    throw new FramelaneError('BAD_ARGUMENT', `${frame.format} has no plane ${index}`);
  }
  const plane = frame.planes[index] as Plane;
  const elementBytes = info.dtype === 'uint16' ? 2 : 1;
  const channels = index > 0 ? shape.bytes : info.channels;
  const width = layout.rowBytes / (channels * elementBytes);
  const data = elementBytes === 2 ? sixteenBit(plane) : plane.data;
  const rowStep = plane.stride / elementBytes;
  return channels === 1
    ? { data, shape: [layout.rows, width], stride: [rowStep, 1], offset: 0, dtype: info.dtype }
    : {
        data,
        shape: [layout.rows, width, channels],
        stride: [rowStep, channels, 1],
        offset: 0,
        dtype: info.dtype,
      };
}

function sixteenBit(plane: Plane): Uint16Array {
  const { data, stride } = plane;
  if (data.byteOffset % 2 !== 0 || stride % 2 !== 0 || !littleEndian) {
    throw new FramelaneError(
      'UNSUPPORTED',
      `16-bit pixels at byte ${data.byteOffset}, stride ${stride} cannot be viewed in place; copy the frame first`,
    );
  }
  return new Uint16Array(data.buffer, data.byteOffset, Math.floor(data.byteLength / 2));
}
