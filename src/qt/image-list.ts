import { BoundedReader } from '../bytes/index.js';
import { FramelaneError } from '../error.js';
import { isFrameSide } from '../frame/index.js';
import { type QtImageFormat, qtImageFormats, readingOf } from './image-format.js';
import { packedRowBytes } from './packed-pixels.js';

/**
 * The layout in which Qt programs pass several images in one segment. All numbers are i32 in host byte order, nothing is
 * padded:
 *
 *     count
 *     count times: sizeInBytes | width | height | QImage::Format | bytesPerLine | sizeInBytes bytes of pixels
 */
export const listHeaderBytes = 4;

/** Bytes before each image's pixels. */
export const imageHeaderBytes = 20;

/** Most images of a list. */
export const maxImages = 65_536;

/** One image of a list, checked: all of its rows lie in the segment. */
export interface ListedImage {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly format: QtImageFormat;
  /** Pixels across. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Bytes from the start of the segment to the first pixel. */
  readonly offset: number;
  /** Bytes of the pixels, as the list says. */
  readonly bytes: number;
}

/**
 * The images of a list, after every number was read once and checked against the segment. Throws `QT_DAMAGED` with image
 * and offset for a list that cannot be, `UNSUPPORTED` for formats with more than 8 bits a colour component.
 */
export function readListedImages(segment: Uint8Array, subject = 'image list'): ListedImage[] {
  const reader = new BoundedReader(segment, subject);
  const count = segment.length < listHeaderBytes ? 0 : reader.i32();
  const room = Math.floor((segment.length - listHeaderBytes) / imageHeaderBytes);
  if (segment.length < listHeaderBytes || count < 0 || count > Math.min(room, maxImages)) {
    throw damaged(subject, 0, `${count} images in ${segment.length} bytes; at most ${maxImages} that fit are read`);
  }
  const images: ListedImage[] = [];
  for (let index = 0; index < count; index++) images.push(readImage(reader, index, subject));
  return images;
}

function readImage(reader: BoundedReader, index: number, subject: string): ListedImage {
  const at = reader.offset;
  const wrong = (what: string) => damaged(subject, at, `image ${index}: ${what}`);
  if (reader.remaining < imageHeaderBytes) throw wrong(`its header ends beyond the segment`);
  const [bytes, width, height, code, stride] = [reader.i32(), reader.i32(), reader.i32(), reader.i32(), reader.i32()];
  if (bytes === 0 && width === 0) throw wrong('it is empty (a null QImage): leave it out of the list');
  if (!isFrameSide(width) || !isFrameSide(height)) throw wrong(`${width}x${height} pixels`);
  if (bytes < 0 || bytes > reader.remaining) {
    throw wrong(`${bytes} bytes of pixels, where the segment has ${reader.remaining} left`);
  }
  const format = formatOfCode(code, index, subject, at);
  const row = rowBytesOf(format, width);
  if (stride < row || stride * (height - 1) + row > bytes) {
    throw wrong(`${height} rows of ${row} bytes at a stride of ${stride} are no ${bytes} bytes`);
  }
  const { offset } = reader;
  reader.skip(bytes);
  return { index, format, width, height, stride, offset, bytes };
}

function formatOfCode(code: number, index: number, subject: string, at: number): QtImageFormat {
  const format = qtImageFormats[code];
  if (format === undefined || code < 1) throw damaged(subject, at, `image ${index}: QImage::Format ${code} is none`);
  if (readingOf(format) !== undefined) return format;
  const message = `${subject}: image ${index} is Format_${format}: no pixel format of Framelane holds it; let the Qt program convertToFormat(QImage::Format_RGBA8888) or Format_Grayscale16`;
  throw new FramelaneError('UNSUPPORTED', message, { subject, offset: at, format });
}

function rowBytesOf(format: QtImageFormat, width: number): number {
  const reading = readingOf(format);
  if (reading === undefined) return Number.POSITIVE_INFINITY;
  return 'packed' in reading ? packedRowBytes(reading.packed, width) : reading.bytes * width;
}

function damaged(subject: string, offset: number, what: string): FramelaneError {
  const message = `${subject}: no image list at byte ${offset}: ${what} (docs/qt.md has the layout)`;
  return new FramelaneError('QT_DAMAGED', message, { subject, offset });
}
