import { type Frame, frameLayout, frameOver, type Plane, type PlaneLayout, pixelFormatInfo } from '../frame/index.js';

/** Bytes of one group of samples that stays together when pixels are left out, and the pixels it covers. */
interface Cell {
  readonly bytes: number;
  readonly columns: 1 | 2;
  readonly rows: 1 | 2;
}

/** Bayer keeps its 2x2 tile, YUYV its pair of pixels. */
function cellOf(frame: Frame, plane: number): Cell {
  const { planes, dtype } = pixelFormatInfo(frame.format);
  if (frame.format.startsWith('bayer_')) return { bytes: dtype === 'uint16' ? 4 : 2, columns: 2, rows: 2 };
  const shape = planes[plane] as { bytes: number };
  return { bytes: shape.bytes, columns: frame.format === 'yuyv422' ? 2 : 1, rows: 1 };
}

/** Width or height of a picture of which every n-th pixel is kept; even, where formats want whole tiles. */
function reducedSide(frame: Frame, side: number, factor: number): number {
  const even = frame.format.startsWith('bayer_') || pixelFormatInfo(frame.format).planes.some((p) => p.stepX === 2);
  const kept = Math.floor(side / factor);
  return even ? Math.max(2, kept - (kept % 2)) : Math.max(1, kept);
}

/** Whether a frame is large enough for {@link reduceFrame} by that factor. */
export function canReduce({ width, height }: Frame, factor: number): boolean {
  return Math.min(width, height) >= 2 * factor;
}

/**
 * Every n-th pixel of every n-th row, in memory of its own: numbers that are shown stay the sensor's numbers. (A mean
 * would be smoother, and no sample of it would be one that was measured.)
 */
export function reduceFrame(frame: Frame, factor: number): Frame {
  const { format, captureTime, sequence, metadata } = frame;
  const spec = {
    format,
    width: reducedSide(frame, frame.width, factor),
    height: reducedSide(frame, frame.height, factor),
  };
  const layout = frameLayout(spec);
  const bytes = new Uint8Array(layout.bytes);
  layout.planes.forEach((plane, index) => {
    thin(frame.planes[index] as Plane, bytes.subarray(plane.offset), plane, cellOf(frame, index), factor);
  });
  return frameOver(spec, bytes, { captureTime, sequence, metadata });
}

function thin(from: Plane, out: Uint8Array, to: PlaneLayout, cell: Cell, factor: number): void {
  const step = cell.bytes * factor;
  for (let row = 0; row < to.rows; row++) {
    const sourceRow = Math.floor(row / cell.rows) * cell.rows * factor + (row % cell.rows);
    const start = sourceRow * from.stride;
    thinRow(from.data, start, step, out, row * to.stride, to.rowBytes, cell.bytes);
  }
}

function thinRow(
  data: Uint8Array,
  start: number,
  step: number,
  out: Uint8Array,
  at: number,
  rowBytes: number,
  cellBytes: number,
): void {
  const end = at + rowBytes;
  for (let write = at, read = start; write < end; read += step) {
    for (let byte = 0; byte < cellBytes; byte++) out[write++] = data[read + byte] as number;
  }
}
