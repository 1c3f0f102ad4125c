import { FramelaneError } from '../error.js';
import type { Frame, Plane } from './frame.js';

/** Which YUV it is: the pixels do not say. */
export interface YuvOptions {
  /** Matrix: `bt601` (default; cameras, standard definition) or `bt709` (high definition video). */
  readonly matrix?: 'bt601' | 'bt709';
  /** `limited` (default): luma 16..235, chroma 16..240. `full`: 0..255, as in JPEG and Motion JPEG. */
  readonly range?: 'limited' | 'full';
}

/** Shares of red and blue in luma: ITU-R BT.601-7 section 2.5.1, BT.709-6 section 3.2. */
const shares = { bt601: { red: 0.299, blue: 0.114 }, bt709: { red: 0.2126, blue: 0.0722 } } as const;

/** How YUV becomes RGB: factors in 1/65536, so that loops stay with integers. */
export interface YuvFactors {
  /** Luma of black, 0 or 16. */
  readonly black: number;
  /** Of luma above black, in all three colours. */
  readonly luma: number;
  /** Of V - 128 in red. */
  readonly redFromV: number;
  /** Of U - 128 in green. */
  readonly greenFromU: number;
  /** Of V - 128 in green. */
  readonly greenFromV: number;
  /** Of U - 128 in blue. */
  readonly blueFromU: number;
}

/** The factors of a matrix and a range, ITU-R BT.601-7 or BT.709-6. Throws `BAD_ARGUMENT` for words that are none. */
export function yuvFactors({ matrix = 'bt601', range = 'limited' }: YuvOptions): YuvFactors {
  const share = shares[matrix];
  if (share === undefined || (range !== 'limited' && range !== 'full')) {
    throw new FramelaneError('BAD_ARGUMENT', `no YUV "${matrix}", "${range}": bt601 or bt709, limited or full`);
  }
  const { red, blue } = share;
  const green = 1 - red - blue;
  const chroma = range === 'full' ? 1 : 255 / 224;
  const fixed = (factor: number) => Math.round(factor * 65_536);
  return {
    black: range === 'full' ? 0 : 16,
    luma: fixed(range === 'full' ? 1 : 255 / 219),
    redFromV: fixed(2 * (1 - red) * chroma),
    greenFromU: fixed((-2 * (1 - blue) * blue * chroma) / green),
    greenFromV: fixed((-2 * (1 - red) * red * chroma) / green),
    blueFromU: fixed(2 * (1 - blue) * chroma),
  };
}

/** Where one kind of sample lies in a row: the first one, and the bytes to the next. */
interface Samples {
  readonly data: Uint8Array;
  readonly at: number;
  readonly step: number;
}

/** Luma and chroma of one row of pixels; each chroma sample covers two pixels. */
function samplesOfRow(frame: Frame, row: number): readonly [y: Samples, u: Samples, v: Samples] {
  const [first, second, third] = frame.planes as readonly [Plane, Plane, Plane];
  const { data } = first;
  const at = row * first.stride;
  if (frame.format === 'yuyv422') {
    return [
      { data, at, step: 2 },
      { data, at: at + 1, step: 4 },
      { data, at: at + 3, step: 4 },
    ];
  }
  const luma = { data, at, step: 1 };
  const chromaAt = (row >> 1) * second.stride;
  if (frame.format === 'nv12') {
    return [luma, { data: second.data, at: chromaAt, step: 2 }, { data: second.data, at: chromaAt + 1, step: 2 }];
  }
  return [
    luma,
    { data: second.data, at: chromaAt, step: 1 },
    { data: third.data, at: (row >> 1) * third.stride, step: 1 },
  ];
}

/** yuyv422, nv12 or i420 into an rgb24 frame of the same size. Chroma is repeated, not interpolated, as OpenCV does. */
export function yuvToRgb(frame: Frame, target: Frame, options: YuvOptions = {}): void {
  const factors = yuvFactors(options);
  const { data, stride } = target;
  for (let row = 0; row < frame.height; row++) {
    const [y, u, v] = samplesOfRow(frame, row);
    // The clamped view rounds nothing (integers go in) and saves the comparisons.
    const out = new Uint8ClampedArray(data.buffer, data.byteOffset + row * stride, frame.width * 3);
    convertRow(y, u, v, out, factors);
  }
}

function convertRow(y: Samples, u: Samples, v: Samples, out: Uint8ClampedArray, factors: YuvFactors): void {
  const { black, luma, redFromV, greenFromU, greenFromV, blueFromU } = factors;
  const half = 1 << 15;
  const pairBytes = 6;
  for (let write = 0, pair = 0; write < out.length; write += pairBytes, pair++) {
    const chromaU = (u.data[u.at + pair * u.step] as number) - 128;
    const chromaV = (v.data[v.at + pair * v.step] as number) - 128;
    const red = redFromV * chromaV + half;
    const green = greenFromU * chromaU + greenFromV * chromaV + half;
    const blue = blueFromU * chromaU + half;
    const lumaAt = y.at + 2 * pair * y.step;
    const left = luma * ((y.data[lumaAt] as number) - black);
    out[write] = (left + red) >> 16;
    out[write + 1] = (left + green) >> 16;
    out[write + 2] = (left + blue) >> 16;
    if (write + 3 === out.length) return; // odd width: the last pair has one pixel
    const right = luma * ((y.data[lumaAt + y.step] as number) - black);
    out[write + 3] = (right + red) >> 16;
    out[write + 4] = (right + green) >> 16;
    out[write + 5] = (right + blue) >> 16;
  }
}
