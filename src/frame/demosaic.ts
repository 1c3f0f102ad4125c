import { FramelaneError } from '../error.js';
import type { Frame } from './frame.js';

/** What a Bayer frame's numbers mean. */
export interface DemosaicOptions {
  /** Bits of a 16-bit sample that carry light, 8..16, right-justified; default 16. The upper 8 of them are shown. */
  readonly bits?: number;
}

/** Column and row (0 or 1) of the red sample in the 2x2 tile, from the format's name. */
function redOf(format: string): readonly [column: number, row: number] {
  const at = format.slice('bayer_'.length, 'bayer_rggb'.length).indexOf('r');
  return [at & 1, at >> 1];
}

/** Index of a neighbour beyond the edge: reflected, which keeps its colour. One row or column reflects onto itself. */
function reflect(index: number, count: number): number {
  if (count === 1) return 0;
  if (index < 0) return -index;
  return index < count ? index : 2 * (count - 1) - index;
}

/** One sensor row with a reflected sample at both ends, so that the loop over pixels meets no edge. */
function loadRow(frame: Frame, row: number, line: Uint16Array): void {
  const { data, width, stride } = frame;
  const at = reflect(row, frame.height) * stride;
  if (frame.format.endsWith('16le')) {
    for (let x = 0; x < width; x++)
      line[x + 1] = (data[at + 2 * x] as number) | ((data[at + 2 * x + 1] as number) << 8);
  } else {
    for (let x = 0; x < width; x++) line[x + 1] = data[at + x] as number;
  }
  line[0] = line[reflect(-1, width) + 1] as number;
  line[width + 1] = line[reflect(width, width) + 1] as number;
}

/**
 * A Bayer frame into an rgb24 frame of the same size: each missing colour is the mean of the 2 or 4 nearest samples
 * that have it (bilinear), the picture reflected at its edges. 16-bit samples are brought down to 8 by
 * {@link DemosaicOptions.bits}. Pictures of a single row or column lack colours; they get a neighbour's value.
 */
export function demosaic(frame: Frame, target: Frame, options: DemosaicOptions = {}): void {
  const shift = shiftOf(frame, options);
  const { width, height } = frame;
  const [redColumn, redRow] = redOf(frame.format);
  let above = new Uint16Array(width + 2);
  let here = new Uint16Array(width + 2);
  let below = new Uint16Array(width + 2);
  loadRow(frame, -1, above);
  loadRow(frame, 0, here);
  for (let row = 0; row < height; row++) {
    loadRow(frame, row + 1, below);
    const out = new Uint8ClampedArray(target.data.buffer, target.data.byteOffset + row * target.stride, width * 3);
    // In a row with red samples, red is what the row has besides green, and blue is above and below.
    const rowHasRed = (row & 1) === redRow;
    const columnOfOwn = rowHasRed ? redColumn : 1 - redColumn;
    demosaicRow(above, here, below, out, columnOfOwn, rowHasRed ? 0 : 2, shift);
    [above, here, below] = [here, below, above];
  }
}

function shiftOf(frame: Frame, { bits = 16 }: DemosaicOptions): number {
  if (!Number.isInteger(bits) || bits < 8 || bits > 16) {
    throw new FramelaneError('BAD_ARGUMENT', `a 16-bit sample carries 8..16 bits, not ${bits}`);
  }
  return frame.format.endsWith('16le') ? bits - 8 : 0;
}

/**
 * One row. `columnOfOwn`: parity of the columns that hold the row's own colour (red or blue), the others are green.
 * `own`: 0 when that colour is red, 2 when it is blue.
 */
function demosaicRow(
  above: Uint16Array,
  here: Uint16Array,
  below: Uint16Array,
  out: Uint8ClampedArray,
  columnOfOwn: number,
  own: 0 | 2,
  shift: number,
): void {
  const other = 2 - own;
  const width = here.length - 2;
  const at = (line: Uint16Array, x: number) => line[x] as number;
  for (let column = 0, write = 0; column < width; column++, write += 3) {
    const x = column + 1;
    const centre = at(here, x);
    const beside = at(here, x - 1) + at(here, x + 1);
    const upDown = at(above, x) + at(below, x);
    if ((column & 1) === columnOfOwn) {
      const corners = at(above, x - 1) + at(above, x + 1) + at(below, x - 1) + at(below, x + 1);
      out[write + own] = centre >> shift;
      out[write + 1] = ((beside + upDown + 2) >> 2) >> shift;
      out[write + other] = ((corners + 2) >> 2) >> shift;
    } else {
      out[write + own] = ((beside + 1) >> 1) >> shift;
      out[write + 1] = centre >> shift;
      out[write + other] = ((upDown + 1) >> 1) >> shift;
    }
  }
}
