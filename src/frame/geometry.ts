import { FramelaneError } from '../error.js';
import { type PixelFormat, pixelFormatInfo } from './pixel-format.js';

/** Largest width or height of a frame, in pixels. */
export const maxFrameSide = 65_535;

/** What a frame needs in memory: format, size in pixels and, where rows are padded, strides. */
export interface FrameSpec {
  readonly format: PixelFormat;
  /** Pixels across, 1..65535. */
  readonly width: number;
  /** Rows, 1..65535. */
  readonly height: number;
  /** Bytes from one row to the next, one number a plane; default: no padding. */
  readonly strides?: readonly number[];
}

/** Where one plane of a frame lies in a buffer that holds the whole frame. */
export interface PlaneLayout {
  /** Bytes from the start of the buffer to the plane's first row. */
  readonly offset: number;
  /** Bytes from one row to the next; at least `rowBytes`. */
  readonly stride: number;
  /** Bytes of a row that carry pixels. */
  readonly rowBytes: number;
  /** Rows of the plane. */
  readonly rows: number;
}

/** A frame's planes in one buffer, one after another, and the bytes they take together. */
export interface FrameLayout {
  readonly planes: readonly PlaneLayout[];
  /** Bytes from the first plane's start to the last plane's last pixel row, its padding included. */
  readonly bytes: number;
}

/** Whether a number is a usable width or height. */
export function isFrameSide(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= maxFrameSide;
}

/**
 * Where the planes of such a frame lie when they follow one another in one buffer.
 * Throws `FRAME_INVALID` for sizes outside 1..65535 or a stride shorter than its row.
 */
export function frameLayout(spec: FrameSpec): FrameLayout {
  const { width, height, strides } = spec;
  if (!isFrameSide(width) || !isFrameSide(height)) {
    throw new FramelaneError(
      'FRAME_INVALID',
      `frame size ${width}x${height} is outside 1x1..${maxFrameSide}x${maxFrameSide}`,
    );
  }
  const shapes = pixelFormatInfo(spec.format).planes;
  if (strides !== undefined && strides.length !== shapes.length) {
    throw new FramelaneError(
      'FRAME_INVALID',
      `${spec.format} has ${shapes.length} planes, not ${strides.length} strides`,
    );
  }
  let offset = 0;
  const planes = shapes.map((shape, index): PlaneLayout => {
    const rowBytes = Math.ceil(width / shape.stepX) * shape.bytes;
    const rows = Math.ceil(height / shape.stepY);
    const stride = strides?.[index] ?? rowBytes;
    if (!Number.isInteger(stride) || stride < rowBytes || stride > 0xffff_ffff) {
      throw new FramelaneError(
        'FRAME_INVALID',
        `stride ${stride} of plane ${index} is not at least the row's ${rowBytes} bytes`,
      );
    }
    const plane = { offset, stride, rowBytes, rows };
    offset += stride * rows;
    return plane;
  });
  return { planes, bytes: offset };
}

/** Bytes that such a frame takes. */
export function frameBytes(spec: FrameSpec): number {
  return frameLayout(spec).bytes;
}
