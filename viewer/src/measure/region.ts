import type { LiveFrame } from '../wire/live-frame.js';
import { lightChannels, type Samples, samplesOf } from './samples.js';

/** Pixels that are read at most; of larger regions evenly spread ones. */
const mostPixels = 1 << 17;

/** What is known of a region of the picture: one number a channel, in the camera's units. */
export interface RegionFacts {
  /** What the channels are. */
  readonly names: readonly string[];
  /** Pixels of the whole picture: left, top, width, height. */
  readonly area: readonly [number, number, number, number];
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly least: readonly number[];
  readonly most: readonly number[];
  /** Whether every pixel was read. */
  readonly complete: boolean;
  /** Where the light is, above the darkest row and column, in pixels of the whole picture: 0 is the first one's middle. */
  readonly centre: { readonly x: number; readonly y: number } | undefined;
  /** Full width at half maximum of the sums of columns and of rows, in pixels of the whole picture. */
  readonly width: { readonly x: number; readonly y: number } | undefined;
  /** Mean of each column that was read, first light channel, and each row. */
  readonly columns: readonly number[];
  readonly rows: readonly number[];
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Measures a region between two corners, or the whole picture. */
export function regionFacts(
  frame: LiveFrame,
  region?: { from: { x: number; y: number }; to: { x: number; y: number } },
): RegionFacts {
  const box = boxOf(frame, region);
  const samples = samplesOf(frame);
  const step = Math.max(1, Math.ceil(Math.sqrt(((box.right - box.left) * (box.bottom - box.top)) / mostPixels)));
  const channels = lightChannels(samples);
  const sums = channels.map((channel) => sumUp(samples, channel, box, step));
  const { columns, rows } = projections(samples, channels[0] as number, box, step);
  const { reduction } = frame.header;
  const scale = step * reduction;
  return {
    names: channels.map((channel) => samples.names[channel] as string),
    area: [
      box.left * reduction,
      box.top * reduction,
      (box.right - box.left) * reduction,
      (box.bottom - box.top) * reduction,
    ],
    mean: sums.map(({ mean }) => mean),
    deviation: sums.map(({ deviation }) => deviation),
    least: sums.map(({ least }) => least),
    most: sums.map(({ most }) => most),
    complete: step === 1 && reduction === 1,
    centre: both(centroid(columns), centroid(rows), (x, y) => ({
      x: box.left * reduction + x * scale,
      y: box.top * reduction + y * scale,
    })),
    width: both(halfWidth(columns), halfWidth(rows), (x, y) => ({ x: x * scale, y: y * scale })),
    columns,
    rows,
  };
}

function boxOf(
  { width, height, header }: LiveFrame,
  region?: { from: { x: number; y: number }; to: { x: number; y: number } },
): Box {
  if (region === undefined) return { left: 0, top: 0, right: width, bottom: height };
  const { from, to } = region;
  const { reduction } = header;
  const low = (a: number, b: number, most: number) =>
    Math.min(most - 1, Math.max(0, Math.floor(Math.min(a, b) / reduction)));
  const high = (a: number, b: number, most: number) => Math.min(most, Math.ceil(Math.max(a, b) / reduction));
  const left = low(from.x, to.x, width);
  const top = low(from.y, to.y, height);
  return {
    left,
    top,
    right: Math.max(left + 1, high(from.x, to.x, width)),
    bottom: Math.max(top + 1, high(from.y, to.y, height)),
  };
}

function sumUp(samples: Samples, channel: number, box: Box, step: number) {
  let [count, sum, squares, least, most] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let y = box.top; y < box.bottom; y += step) {
    for (let x = box.left; x < box.right; x += step) {
      const value = samples.read(x, y, channel);
      count++;
      sum += value;
      squares += value * value;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)), least, most };
}

function projections(samples: Samples, channel: number, box: Box, step: number) {
  const columns = new Array<number>(Math.ceil((box.right - box.left) / step)).fill(0);
  const rows = new Array<number>(Math.ceil((box.bottom - box.top) / step)).fill(0);
  for (let row = 0; row < rows.length; row++) {
    for (let column = 0; column < columns.length; column++) {
      const value = samples.read(box.left + column * step, box.top + row * step, channel);
      columns[column] = (columns[column] as number) + value;
      rows[row] = (rows[row] as number) + value;
    }
  }
  return {
    columns: columns.map((sum) => sum / rows.length),
    rows: rows.map((sum) => sum / columns.length),
  };
}

/** Centre of gravity above the smallest value, as an index; undefined where all values are equal. */
function centroid(values: readonly number[]): number | undefined {
  const ground = smallest(values);
  let [sum, moment] = [0, 0];
  values.forEach((value, index) => {
    sum += value - ground;
    moment += (value - ground) * index;
  });
  return sum > 0 ? moment / sum : undefined;
}

/** Width at half of the height above the smallest value, between the outermost crossings, interpolated. */
function halfWidth(values: readonly number[]): number | undefined {
  const ground = smallest(values);
  const top = values.reduce((most, value) => Math.max(most, value), ground);
  if (top === ground) return undefined;
  const half = (top + ground) / 2;
  const first = values.findIndex((value) => value >= half);
  const last = values.length - 1 - [...values].reverse().findIndex((value) => value >= half);
  const before = first === 0 ? 0 : crossing(values[first - 1] as number, values[first] as number, half);
  const after = last === values.length - 1 ? 0 : crossing(values[last + 1] as number, values[last] as number, half);
  return last - first + (first === 0 ? 0 : 1 - before) + (last === values.length - 1 ? 0 : 1 - after);
}

/** Where between two neighbours the line meets `level`, 0..1 from the lower one. */
function crossing(lower: number, higher: number, level: number): number {
  return (level - lower) / (higher - lower);
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function both<T>(a: number | undefined, b: number | undefined, make: (a: number, b: number) => T): T | undefined {
  return a === undefined || b === undefined ? undefined : make(a, b);
}
