import { FramelaneError } from '../error.js';
import { type ColourMap, colourMaps, colourTable } from './colour-map.js';
import { type Frame, frameOver, type Plane } from './frame.js';
import { frameBytes } from './geometry.js';

/** Metadata key of the number of bits that carry something in each sample (12 of 16, say), right-justified. */
export const effectiveBitsKey = 'effectiveBits';

/** Sample values that become black and white. */
export interface Levels {
  /** This and everything below is 0. */
  readonly low: number;
  /** This and everything above is 255. */
  readonly high: number;
}

/** How samples of 8 to 16 bits become 8. */
export interface LevelOptions {
  /**
   * `full` (default): the range of the effective bits, 0..4095 for 12. `window`: from `low` to `high`. `percentiles`: so
   * that `lowPercent` of the pixels are black and all above `highPercent` white; looks at every pixel first.
   */
  readonly mode?: 'full' | 'window' | 'percentiles';
  /** Effective bits, 1..16; default: the frame's metadata `effectiveBits`, or all of them. */
  readonly bits?: number;
  /** For `window`: sample value that becomes 0; default 0. */
  readonly low?: number;
  /** For `window`: sample value that becomes 255; default: the largest of the effective bits. */
  readonly high?: number;
  /** For `percentiles`: 0..100; default 1. */
  readonly lowPercent?: number;
  /** For `percentiles`: 0..100; default 99. */
  readonly highPercent?: number;
  /** Colours instead of gray; the result is then rgb24. */
  readonly colourMap?: ColourMap;
  /** Memory for the result; default: fresh. Too little throws `BAD_ARGUMENT`. */
  readonly into?: Uint8Array;
}

/**
 * A gray8 or gray16le frame mapped to 8 bits a sample, or to rgb24 through a colour map: what makes a 12-bit picture
 * visible. Has the original's time, sequence, metadata (but for the effective bits) and area; the original is not released.
 * Throws `UNSUPPORTED` for other formats.
 */
export function levelFrame(frame: Frame, options: LevelOptions = {}): Frame {
  const { low, high } = findLevels(frame, options);
  const table = levelTable(low, high, frame.format === 'gray8' ? 256 : 65_536);
  const { colourMap = 'gray' } = options;
  if (!colourMaps.includes(colourMap)) {
    throw new FramelaneError('BAD_ARGUMENT', `unknown colour map "${colourMap}"; known: ${colourMaps.join(', ')}`);
  }
  const format = colourMap === 'gray' ? 'gray8' : 'rgb24';
  const result = frameFor(frame, format, options.into);
  if (format === 'gray8') mapGray(frame, table, result.data);
  else mapColour(frame, table, colourTable(colourMap), result.data);
  return result;
}

/** The levels that {@link levelFrame} uses with these options. */
export function findLevels(frame: Frame, options: LevelOptions = {}): Levels {
  if (frame.format !== 'gray8' && frame.format !== 'gray16le') {
    throw new FramelaneError('UNSUPPORTED', `levels are for gray8 and gray16le, not ${frame.format}`);
  }
  const brightest = 2 ** effectiveBits(frame, options) - 1;
  switch (options.mode ?? 'full') {
    case 'full':
      return { low: 0, high: brightest };
    case 'window':
      return checkWindow({ low: options.low ?? 0, high: options.high ?? brightest });
    case 'percentiles':
      return percentileLevels(frame, options.lowPercent ?? 1, options.highPercent ?? 99);
    default:
      throw new FramelaneError('BAD_ARGUMENT', `unknown mode "${options.mode}"; known: full, window, percentiles`);
  }
}

function effectiveBits(frame: Frame, options: LevelOptions): number {
  const most = frame.format === 'gray8' ? 8 : 16;
  const said = options.bits ?? frame.metadata[effectiveBitsKey] ?? most;
  if (typeof said === 'number' && Number.isInteger(said) && said >= 1 && said <= most) return said;
  if (options.bits === undefined) return most;
  throw new FramelaneError('BAD_ARGUMENT', `${said} effective bits in a ${frame.format} frame`);
}

function checkWindow(levels: Levels): Levels {
  if (Number.isFinite(levels.low) && Number.isFinite(levels.high) && levels.low < levels.high) return levels;
  throw new FramelaneError('BAD_ARGUMENT', `a window from ${levels.low} to ${levels.high} is empty`);
}

function percentileLevels(frame: Frame, lowPercent: number, highPercent: number): Levels {
  if (!(lowPercent >= 0 && lowPercent < highPercent && highPercent <= 100)) {
    throw new FramelaneError('BAD_ARGUMENT', `percentiles ${lowPercent} to ${highPercent} are not a range in 0..100`);
  }
  const counts = histogram(frame);
  const pixels = frame.width * frame.height;
  const low = valueAt(counts, (lowPercent / 100) * pixels);
  const high = valueAt(counts, (highPercent / 100) * pixels);
  // One value only: black, not a division by nothing.
  return { low, high: Math.max(high, low + 1) };
}

/** The smallest value with at least `pixels` pixels at or below it. */
function valueAt(counts: Uint32Array, pixels: number): number {
  let seen = 0;
  for (let value = 0; value < counts.length; value++) {
    seen += counts[value] as number;
    if (seen >= pixels && seen > 0) return value;
  }
  return counts.length - 1;
}

/** How often each sample value occurs: 256 or 65536 counts. */
export function histogram(frame: Frame): Uint32Array {
  const counts = new Uint32Array(frame.format === 'gray8' ? 256 : 65_536);
  for (let row = 0; row < frame.height; row++) {
    const samples = samplesOfRow(frame, row);
    for (let column = 0; column < samples.length; column++) {
      const value = samples[column] as number;
      counts[value] = (counts[value] as number) + 1;
    }
  }
  return counts;
}

/** The 8-bit level of every sample value. */
function levelTable(low: number, high: number, size: number): Uint8Array {
  const table = new Uint8Array(size);
  for (let value = 0; value < size; value++) {
    table[value] = Math.min(255, Math.max(0, Math.round((255 * (value - low)) / (high - low))));
  }
  return table;
}

function frameFor(frame: Frame, format: 'gray8' | 'rgb24', into: Uint8Array | undefined): Frame {
  const spec = { format, width: frame.width, height: frame.height };
  const bytes = frameBytes(spec);
  if (into !== undefined && into.byteLength < bytes) {
    throw new FramelaneError('BAD_ARGUMENT', `the levelled frame takes ${bytes} bytes; "into" has ${into.byteLength}`);
  }
  const { captureTime, sequence, area } = frame;
  const { [effectiveBitsKey]: _, ...metadata } = frame.metadata;
  return frameOver(spec, into ?? new Uint8Array(bytes), { captureTime, sequence, area, metadata });
}

function mapGray(frame: Frame, table: Uint8Array, out: Uint8Array): void {
  let to = 0;
  for (let row = 0; row < frame.height; row++) {
    const samples = samplesOfRow(frame, row);
    for (let column = 0; column < samples.length; column++) out[to++] = table[samples[column] as number] as number;
  }
}

function mapColour(frame: Frame, table: Uint8Array, colours: Uint8Array, out: Uint8Array): void {
  let to = 0;
  for (let row = 0; row < frame.height; row++) {
    const samples = samplesOfRow(frame, row);
    for (let column = 0; column < samples.length; column++) {
      const at = 3 * (table[samples[column] as number] as number);
      out[to++] = colours[at] as number;
      out[to++] = colours[at + 1] as number;
      out[to++] = colours[at + 2] as number;
    }
  }
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** One row's samples: a view where the memory allows, otherwise put together byte by byte. */
function samplesOfRow(frame: Frame, row: number): Uint8Array | Uint16Array {
  const { data, stride } = frame.planes[0] as Plane;
  const start = row * stride;
  if (frame.format === 'gray8') return data.subarray(start, start + frame.width);
  const at = data.byteOffset + start;
  if (at % 2 === 0 && littleEndian) return new Uint16Array(data.buffer, at, frame.width);
  const samples = new Uint16Array(frame.width);
  for (let column = 0; column < frame.width; column++) {
    const from = start + 2 * column;
    samples[column] = (data[from] as number) | ((data[from + 1] as number) << 8);
  }
  return samples;
}
