import { type PixelFormat, pixelFormatInfo } from '../../../src/frame/index.js';
import type { LiveFrame } from '../wire/live-frame.js';

/** A frame's numbers, as they lie in memory: what the camera measured, not what the screen shows. */
export interface Samples {
  /** What each number of a pixel is. */
  readonly names: readonly string[];
  /** The largest number there can be. */
  readonly most: number;
  /** One number of the pixel at x, y of the frame as it came. */
  read(x: number, y: number, channel: number): number;
}

/** Places of red, green, blue (and alpha) in a pixel. */
const orders: Partial<Record<PixelFormat, readonly number[]>> = {
  rgb24: [0, 1, 2],
  bgr24: [2, 1, 0],
  rgba32: [0, 1, 2, 3],
  bgra32: [2, 1, 0, 3],
  bgrx32: [2, 1, 0],
};

const colourNames = ['red', 'green', 'blue', 'alpha'] as const;

/** The numbers of a frame. */
export function samplesOf(frame: LiveFrame): Samples {
  const order = orders[frame.format];
  if (order !== undefined) return packedSamples(frame, order);
  if (['yuyv422', 'nv12', 'i420'].includes(frame.format)) return yuvSamples(frame);
  return singleSamples(frame);
}

function packedSamples({ bytes, planes, format }: LiveFrame, order: readonly number[]): Samples {
  const { offset, stride } = planes[0] as { offset: number; stride: number };
  const step = pixelFormatInfo(format).channels;
  return {
    names: colourNames.slice(0, order.length),
    most: 255,
    read: (x, y, channel) => bytes[offset + y * stride + x * step + (order[channel] as number)] as number,
  };
}

function singleSamples({ bytes, buffer, planes, format }: LiveFrame): Samples {
  const { offset, stride } = planes[0] as { offset: number; stride: number };
  const names = [format.startsWith('bayer_') ? 'sensor' : 'gray'];
  if (!format.endsWith('16le')) return { names, most: 255, read: (x, y) => bytes[offset + y * stride + x] as number };
  if (stride % 2 === 0) {
    const words = new Uint16Array(buffer);
    return { names, most: 65_535, read: (x, y) => words[(offset + y * stride) / 2 + x] as number };
  }
  const read = (x: number, y: number) => {
    const at = offset + y * stride + 2 * x;
    return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  };
  return { names, most: 65_535, read };
}

function yuvSamples({ bytes, planes, format }: LiveFrame): Samples {
  const [first, second, third] = planes as readonly { offset: number; stride: number }[];
  const at = (plane: { offset: number; stride: number } | undefined, row: number, byte: number) =>
    bytes[(plane?.offset ?? 0) + row * (plane?.stride ?? 0) + byte] as number;
  const read = (x: number, y: number, channel: number): number => {
    if (format === 'yuyv422') return at(first, y, channel === 0 ? 2 * x : 4 * (x >> 1) + 2 * channel - 1);
    if (channel === 0) return at(first, y, x);
    if (format === 'nv12') return at(second, y >> 1, 2 * (x >> 1) + channel - 1);
    return at(channel === 1 ? second : third, y >> 1, x >> 1);
  };
  return { names: ['Y', 'U', 'V'], most: 255, read };
}

/** Numbers that are a brightness or a colour: alpha and chroma are no light. */
export function lightChannels({ names }: Samples): readonly number[] {
  if (names.length === 1 || names[0] === 'Y') return [0];
  return [0, 1, 2];
}
