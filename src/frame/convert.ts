import { type DemosaicOptions, demosaic } from './demosaic.js';
import { allocateFrame, type Frame, type Plane } from './frame.js';
import type { PixelFormat } from './pixel-format.js';
import { type YuvOptions, yuvToRgb } from './yuv.js';

/** How {@link toRgb} reads formats that do not say it themselves. */
export interface RgbOptions extends YuvOptions, DemosaicOptions {}

/** What {@link toRgb} makes of a format: gray stays gray, alpha stays alpha, the rest becomes rgb24. */
export function rgbFormatOf(format: PixelFormat): 'gray8' | 'gray16le' | 'rgb24' | 'rgba32' {
  switch (format) {
    case 'gray8':
    case 'gray16le':
    case 'rgba32':
      return format;
    case 'bgra32':
      return 'rgba32';
    default:
      return 'rgb24';
  }
}

/**
 * The picture as gray8, gray16le, rgb24 or rgba32: what screens and PNG understand. YUV is converted with BT.601
 * limited range unless the options say otherwise, Bayer by bilinear interpolation.
 *
 * Returns the frame itself where nothing is to be done; otherwise a frame with memory of its own, rows without padding,
 * and the original's time, sequence, metadata and area. The original is not released.
 */
export function toRgb(frame: Frame, options: RgbOptions = {}): Frame {
  const format = rgbFormatOf(frame.format);
  if (format === frame.format) return frame;
  const { width, height, captureTime, sequence, metadata, area } = frame;
  const target = allocateFrame({ format, width, height }, { captureTime, sequence, metadata, area });
  switch (frame.format) {
    case 'bgr24':
      reorder(frame, target, 3);
      break;
    case 'bgra32':
    case 'bgrx32':
      reorder(frame, target, 4);
      break;
    case 'yuyv422':
    case 'nv12':
    case 'i420':
      yuvToRgb(frame, target, options);
      break;
    default:
      demosaic(frame, target, options);
  }
  return target;
}

/** Blue first to red first; `step` is the bytes of a pixel in the source. A fourth byte is kept if there is room. */
function reorder(frame: Frame, target: Frame, step: 3 | 4): void {
  const [from] = frame.planes as readonly [Plane];
  const [to] = target.planes as readonly [Plane];
  const targetStep = target.format === 'rgba32' ? 4 : 3;
  for (let row = 0; row < frame.height; row++) {
    let read = row * from.stride;
    let write = row * to.stride;
    for (let x = 0; x < frame.width; x++, read += step, write += targetStep) {
      to.data[write] = from.data[read + 2] as number;
      to.data[write + 1] = from.data[read + 1] as number;
      to.data[write + 2] = from.data[read] as number;
      if (targetStep === 4) to.data[write + 3] = from.data[read + 3] as number;
    }
  }
}
