import { FramelaneError } from '../error.js';
import { copyPixels, type Frame, type FrameSpec, frameLayout, type PixelFormat, toRgb } from '../frame/index.js';
import { imageFormatOf, qtImageFormats } from './image-format.js';
import { imageHeaderBytes, listHeaderBytes, maxImages } from './image-list.js';

/** What is needed to know an image's bytes. */
type ImageSpec = Pick<FrameSpec, 'format' | 'width' | 'height'>;

/** The format a frame gets in a list; Bayer and YUV become rgb24. */
const listedFormat = (format: PixelFormat): PixelFormat => (imageFormatOf(format) === undefined ? 'rgb24' : format);

/** Bytes from row to row: QImage wants them to be multiples of 4. */
function strideOf({ format, width }: ImageSpec): number {
  const rowBytes = frameLayout({ format: listedFormat(format), width, height: 1 }).bytes;
  return Math.ceil(rowBytes / 4) * 4;
}

const bytesOf = (spec: ImageSpec) => strideOf(spec) * spec.height;

/** Bytes of a list of such images. */
export function imageListBytes(images: readonly ImageSpec[]): number {
  return images.reduce((sum, image) => sum + imageHeaderBytes + bytesOf(image), listHeaderBytes);
}

/**
 * Writes frames as an image list, rows padded to 4 bytes, and returns the bytes it takes. gray8, gray16le, rgb24, bgr24,
 * rgba32, bgra32 and bgrx32 are formats of QImage; Bayer and YUV frames are converted to RGB888. Call it with the
 * segment's lock. Throws `QT_NO_SPACE` when the segment is too small, `LIMIT_EXCEEDED` above {@link maxImages}.
 */
export function writeImageList(segment: Uint8Array, frames: readonly Frame[], subject = 'image list'): number {
  const bytes = imageListBytes(frames);
  if (frames.length > maxImages) {
    throw new FramelaneError('LIMIT_EXCEEDED', `${subject}: ${frames.length} images; at most ${maxImages} in a list`);
  }
  if (bytes > segment.length) {
    const message = `${subject}: the list takes ${bytes} bytes, the segment has ${segment.length}: make it larger`;
    throw new FramelaneError('QT_NO_SPACE', message, { subject, bytes, capacity: segment.length });
  }
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  view.setInt32(0, frames.length, true);
  let at = listHeaderBytes;
  for (const frame of frames) at = writeImage(view, at, frame);
  return at;
}

function writeImage(view: DataView, at: number, frame: Frame): number {
  // toRgb() makes gray or RGB(A) of everything, and these QImage has.
  const own = imageFormatOf(frame.format) === undefined ? toRgb(frame) : frame;
  const { format, width, height } = own;
  const [stride, bytes] = [strideOf(own), bytesOf(own)];
  const code = qtImageFormats.indexOf(imageFormatOf(format) ?? 'Invalid');
  [bytes, width, height, code, stride].forEach((number, index) => {
    view.setInt32(at + 4 * index, number, true);
  });
  const start = at + imageHeaderBytes;
  const data = new Uint8Array(view.buffer, view.byteOffset + start, bytes);
  copyPixels(own, { format, width, height, planes: [{ data, stride }] });
  return start + bytes;
}
