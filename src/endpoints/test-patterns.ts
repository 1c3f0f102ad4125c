import type { Frame } from '../frame/frame.js';
import { type FrameSpec, frameLayout } from '../frame/geometry.js';
import { pixelFormatInfo } from '../frame/pixel-format.js';
import { fillCounterFrame } from './counter-pattern.js';
import { type Painter, paintFrame, type Rgb } from './paint.js';
import type { FrameSpace } from './source.js';

/** The pictures that `test:` makes. */
export const testPatterns = ['counter', 'bars', 'gradient', 'noise'] as const;

/** One of {@link testPatterns}. */
export type TestPattern = (typeof testPatterns)[number];

/** Fills a frame's space with the picture of that number. */
export type PatternFiller = (space: FrameSpace, number: number) => void;

/** What fills frames of that pattern, format and size. Whatever is slow is done here, once. */
export function patternFiller(pattern: TestPattern, spec: FrameSpec): PatternFiller {
  switch (pattern) {
    case 'counter':
      return fillCounterFrame;
    case 'bars':
      return barsFiller(spec);
    case 'gradient':
      return gradientFiller(spec);
    case 'noise':
      return noiseFiller();
  }
}

/** Copies rows of a swatch, repeated downwards, into the picture rows from..to (even numbers, or the last row). */
function copyRepeated(swatch: Frame, space: FrameSpace, shift: number, from: number, to: number): void {
  const shapes = pixelFormatInfo(swatch.format).planes;
  frameLayout(space).planes.forEach(({ rowBytes }, index) => {
    const stepY = shapes[index]?.stepY ?? 1;
    const source = swatch.planes[index] as { data: Uint8Array; stride: number };
    const target = space.planes[index] as { data: Uint8Array; stride: number };
    const period = swatch.height / stepY;
    const end = Math.ceil(to / stepY);
    for (let row = Math.ceil(from / stepY); row < end; ) {
      const first = (row + Math.floor(shift / stepY)) % period;
      // As many rows as follow one another in both, where padding does not lie between them.
      const rows = target.stride === rowBytes ? Math.min(period - first, end - row) : 1;
      target.data.set(source.data.subarray(first * rowBytes, (first + rows) * rowBytes), row * target.stride);
      row += rows;
    }
  });
}

const even = (value: number) => 2 * Math.round(value / 2);

/** White, yellow, cyan, green, magenta, red, blue, black: the bars of television, at three quarters of full colour. */
const barColors: readonly Rgb[] = [7, 6, 3, 2, 5, 4, 1, 0].map((bits) => [
  bits & 4 ? 0.75 : 0,
  bits & 2 ? 0.75 : 0,
  bits & 1 ? 0.75 : 0,
]);

/** Colour bars, and a white band that moves down by two rows a frame. */
function barsFiller(spec: FrameSpec): PatternFiller {
  const rows = 16;
  const bar: Painter = (x) => barColors[Math.min(7, Math.floor((x * 8) / spec.width))] as Rgb;
  const bars = paintFrame({ ...spec, height: rows }, bar);
  const white = paintFrame({ ...spec, height: rows }, () => [1, 1, 1]);
  const bandRows = Math.max(2, even(spec.height / 16));
  return (space, number) => {
    copyRepeated(bars, space, 0, 0, spec.height);
    const top = (2 * number) % Math.max(2, even(spec.height));
    copyRepeated(white, space, 0, Math.min(top, spec.height), Math.min(top + bandRows, spec.height));
  };
}

/** Red grows to the right, green downwards, blue the other way; the picture moves up by two rows a frame. */
function gradientFiller(spec: FrameSpec): PatternFiller {
  const rows = 256;
  const across = Math.max(1, spec.width - 1);
  const ramp: Painter = (x, y) => [Math.min(1, x / across), y / (rows - 1), 1 - y / (rows - 1)];
  const swatch = paintFrame({ ...spec, height: rows }, ramp);
  return (space, number) => copyRepeated(swatch, space, (2 * number) % rows, 0, spec.height);
}

/** Bytes of noise; a prime, so that it does not line up with rows. */
const noiseBytes = 1_048_573;

/** Every byte is random; frame n is the same in every run. */
function noiseFiller(): PatternFiller {
  const noise = new Uint8Array(noiseBytes);
  let state = 0x2545f491;
  for (let index = 0; index < noise.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise[index] = state >>> 11;
  }
  return (space, number) => {
    let phase = (number * 611_953) % noiseBytes;
    for (const { data } of space.planes) {
      for (let at = 0; at < data.length; ) {
        const piece = noise.subarray(phase, phase + Math.min(noiseBytes - phase, data.length - at));
        data.set(piece, at);
        at += piece.length;
        phase = (phase + piece.length) % noiseBytes;
      }
    }
  };
}
