import { encode } from 'fast-png';
import { FramelaneError } from '../error.js';
import { type RgbOptions, toRgb } from './convert.js';
import { copyFrame, type Frame } from './frame.js';
import { frameLayout } from './geometry.js';
import { pixelFormatInfo } from './pixel-format.js';

/** How a PNG is written. */
export interface PngOptions extends RgbOptions {
  /** Effort of the compressor: 0 (store) to 9 (smallest); default 3. */
  readonly level?: number;
}

/**
 * A frame as a PNG file: gray8 and gray16le as 8- and 16-bit gray, numbers unchanged; rgb24 and rgba32 as they are;
 * every other format through {@link toRgb}. (12-bit images look black in a 16-bit PNG: map their levels first.)
 *
 * For pictures to keep or to look at, not for video: about 0.2 s for 1080p colour on one core at any level but 0.
 */
export function encodePng(frame: Frame, options: PngOptions = {}): Uint8Array {
  const { level = 3 } = options;
  if (!Number.isInteger(level) || level < 0 || level > 9) {
    throw new FramelaneError('BAD_ARGUMENT', `PNG level ${level} is not a whole number from 0 to 9`);
  }
  const picture = toRgb(frame, options);
  const { channels, dtype } = pixelFormatInfo(picture.format);
  const depth = dtype === 'uint16' ? 16 : 8;
  const { width, height } = picture;
  const data = depth === 16 ? samples16(picture) : samples8(picture);
  return encode({ width, height, data, depth, channels }, { zlib: { level: level as PngLevel } });
}

type PngLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** All bytes of a packed frame, rows without padding; a view where it has none. */
function samples8(frame: Frame): Uint8Array {
  const { bytes } = frameLayout(frame);
  const packed = frame.stride * frame.height === bytes ? frame : copyFrame(frame);
  return packed.data.subarray(0, bytes);
}

/** All samples of a gray16le frame as numbers, whatever its address and padding. */
function samples16(frame: Frame): Uint16Array {
  const bytes = samples8(frame);
  const samples = new Uint16Array(bytes.length / 2);
  for (let index = 0; index < samples.length; index++) {
    samples[index] = (bytes[2 * index] as number) | ((bytes[2 * index + 1] as number) << 8);
  }
  return samples;
}
