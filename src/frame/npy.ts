import { copyFrame, copyPixels, type Frame, frameOver, type Plane } from './frame.js';
import { type FrameSpec, frameLayout } from './geometry.js';
import { pixelFormatInfo } from './pixel-format.js';

/** The `.npy` preamble: magic, version 1.0, then a u16 with the length of the text that follows. */
const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);
const preambleBytes = magic.length + 2;
/** The array's data starts on a multiple of this, so that numpy can map the file. */
const alignment = 64;

/**
 * Shape of the array that a frame becomes; rows lose their padding:
 *
 * - gray and Bayer: [height, width]; RGB, BGR, RGBA...: [height, width, channels];
 * - yuyv422: [height, width rounded up to even, 2];
 * - nv12 and i420 of even size: [height * 3/2, width], planes below one another as OpenCV and ffmpeg lay them out
 *   (`cv2.cvtColor(a, cv2.COLOR_YUV2BGR_I420)` takes it);
 * - nv12 and i420 of odd size: [bytes], the planes one after another, for there is no rectangle that holds them.
 */
export function npyShape(spec: FrameSpec): readonly number[] {
  const { format, width, height } = spec;
  const { planes, channels } = pixelFormatInfo(format);
  if (planes.length > 1) {
    const even = width % 2 === 0 && height % 2 === 0;
    return even ? [(height * 3) / 2, width] : [frameLayout({ format, width, height }).bytes];
  }
  const across = format === 'yuyv422' ? Math.ceil(width / 2) * 2 : width;
  return channels === 1 ? [height, across] : [height, across, channels];
}

/** The header of a `.npy` file (format version 1.0) for such a frame: bytes to write before the pixels. */
export function npyHeader(spec: FrameSpec): Uint8Array {
  const descr = pixelFormatInfo(spec.format).dtype === 'uint16' ? '<u2' : '|u1';
  const shape = npyShape(spec);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((preambleBytes + dictionary.length + 1) / alignment) * alignment;
  const text = `${dictionary.padEnd(total - preambleBytes - 1)}\n`;
  const header = new Uint8Array(total);
  header.set(magic);
  new DataView(header.buffer).setUint16(magic.length, text.length, true);
  header.set(new TextEncoder().encode(text), preambleBytes);
  return header;
}

/**
 * A frame as the parts of a `.npy` file, to be written one after another: the header, then one part a plane. Planes
 * without padding are views of the frame's own memory, so write them before releasing it; padded ones are copied.
 */
export function npyParts(frame: Frame): readonly Uint8Array[] {
  const layout = frameLayout(frame);
  const padded = layout.planes.some((plane, index) => plane.stride !== frame.planes[index]?.stride);
  const { planes } = padded ? copyFrame(frame) : frame;
  const pixels = layout.planes.map(({ rowBytes, rows }, index) => {
    const { data } = planes[index] as Plane;
    return data.subarray(0, rowBytes * rows);
  });
  return [npyHeader(frame), ...pixels];
}

/** A frame as a whole `.npy` file, format version 1.0: `numpy.load` gives the array of {@link npyShape}. */
export function encodeNpy(frame: Frame): Uint8Array {
  const header = npyHeader(frame);
  const file = new Uint8Array(header.length + frameLayout(frame).bytes);
  file.set(header);
  copyPixels(frame, frameOver(frame, file.subarray(header.length)));
  return file;
}
