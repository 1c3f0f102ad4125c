import { allocateFrame, type Frame } from '../frame/frame.js';
import { type FrameSpec, frameLayout } from '../frame/geometry.js';
import type { PixelFormat } from '../frame/pixel-format.js';

/** Red, green and blue, each 0..1. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The colour at a pixel. */
export type Painter = (x: number, y: number) => Rgb;

const byte = (value: number) => Math.round(value * 255);
const luma = ([red, green, blue]: Rgb) => 0.299 * red + 0.587 * green + 0.114 * blue;

/** BT.601, limited range, as cameras send it: Y 16..235, U and V 16..240. */
const lumaByte = (rgb: Rgb) => Math.round(16 + 219 * luma(rgb));
const blueByte = (rgb: Rgb) => Math.round(128 + (224 * (rgb[2] - luma(rgb))) / 1.772);
const redByte = (rgb: Rgb) => Math.round(128 + (224 * (rgb[0] - luma(rgb))) / 1.402);

/** Component (0 red, 1 green, 2 blue) at the four places of each Bayer order: top row, then bottom row. */
const bayerOrders: Record<string, readonly number[]> = {
  rggb: [0, 1, 1, 2],
  bggr: [2, 1, 1, 0],
  grbg: [1, 0, 2, 1],
  gbrg: [1, 2, 0, 1],
};

/** The bytes of one sample group of a plane, given the colour at its first pixel and at the one to the right. */
type SampleWriter = (rgb: Rgb, right: Rgb, x: number, y: number) => readonly number[];

function sixteen(value: number): readonly number[] {
  const word = Math.round(value * 65_535);
  return [word & 255, word >> 8];
}

function bayerWriter(format: PixelFormat): SampleWriter {
  const order = bayerOrders[format.slice(6, 10)] as readonly number[];
  const component = (rgb: Rgb, x: number, y: number) => rgb[order[(y % 2) * 2 + (x % 2)] as number] as number;
  return format.endsWith('16le')
    ? (rgb, _, x, y) => sixteen(component(rgb, x, y))
    : (rgb, _, x, y) => [byte(component(rgb, x, y))];
}

/** One writer a plane. */
function writersOf(format: PixelFormat): readonly SampleWriter[] {
  switch (format) {
    case 'gray8':
      return [(rgb) => [byte(luma(rgb))]];
    case 'gray16le':
      return [(rgb) => sixteen(luma(rgb))];
    case 'rgb24':
      return [([red, green, blue]) => [byte(red), byte(green), byte(blue)]];
    case 'bgr24':
      return [([red, green, blue]) => [byte(blue), byte(green), byte(red)]];
    case 'rgba32':
      return [([red, green, blue]) => [byte(red), byte(green), byte(blue), 255]];
    case 'bgra32':
    case 'bgrx32':
      return [([red, green, blue]) => [byte(blue), byte(green), byte(red), 255]];
    case 'yuyv422':
      return [(rgb, right) => [lumaByte(rgb), blueByte(rgb), lumaByte(right), redByte(rgb)]];
    case 'nv12':
      return [(rgb) => [lumaByte(rgb)], (rgb) => [blueByte(rgb), redByte(rgb)]];
    case 'i420':
      return [(rgb) => [lumaByte(rgb)], (rgb) => [blueByte(rgb)], (rgb) => [redByte(rgb)]];
    default:
      return [bayerWriter(format)];
  }
}

/** A picture in any pixel format, pixel by pixel: slow, so make it once and copy from it. */
export function paintFrame(spec: FrameSpec, colorAt: Painter): Frame {
  const frame = allocateFrame(spec);
  const layout = frameLayout(spec);
  writersOf(spec.format).forEach((write, index) => {
    const { rows, rowBytes, stride } = layout.planes[index] as (typeof layout.planes)[number];
    const data = frame.planes[index]?.data as Uint8Array;
    const stepY = Math.ceil(spec.height / rows);
    const groupBytes = write([0, 0, 0], [0, 0, 0], 0, 0).length;
    const groups = rowBytes / groupBytes;
    const stepX = Math.ceil(spec.width / groups);
    for (let row = 0; row < rows; row++) {
      for (let group = 0; group < groups; group++) {
        const [x, y] = [group * stepX, row * stepY];
        data.set(write(colorAt(x, y), colorAt(x + 1, y), x, y), row * stride + group * groupBytes);
      }
    }
  });
  return frame;
}
