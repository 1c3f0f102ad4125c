import { type CopySwapped16, copySwapped16 } from '../../bytes/index.js';
import { FramelaneError } from '../../error.js';
import type { Frame, PixelFormat, Plane } from '../../frame/index.js';
import { type RawDepth, type RawFormat, type RawSampling, rawLayout } from './raw-format.js';

/**
 * How the bytes of a row get from a frame onto the wire: as they are, exchanged in pairs (16-bit numbers are big-endian
 * there, and 4:2:2 begins with chroma), with the unused byte opaque, or as groups of 2x2 pixels.
 */
type Way = 'same' | 'swapped' | 'opaque' | 'grouped';

interface WireFormat {
  readonly sampling: RawSampling;
  readonly depth: RawDepth;
  readonly way: Way;
}

const wireFormats: Partial<Record<PixelFormat, WireFormat>> = {
  gray8: { sampling: 'KEY', depth: 8, way: 'same' },
  gray16le: { sampling: 'KEY', depth: 16, way: 'swapped' },
  rgb24: { sampling: 'RGB', depth: 8, way: 'same' },
  bgr24: { sampling: 'BGR', depth: 8, way: 'same' },
  rgba32: { sampling: 'RGBA', depth: 8, way: 'same' },
  bgra32: { sampling: 'BGRA', depth: 8, way: 'same' },
  bgrx32: { sampling: 'BGRA', depth: 8, way: 'opaque' },
  yuyv422: { sampling: 'YCbCr-4:2:2', depth: 8, way: 'swapped' },
  i420: { sampling: 'YCbCr-4:2:0', depth: 8, way: 'grouped' },
  nv12: { sampling: 'YCbCr-4:2:0', depth: 8, way: 'grouped' },
};

function wireFormatOf(format: PixelFormat): WireFormat {
  const wire = wireFormats[format];
  if (wire !== undefined) return wire;
  const known = Object.keys(wireFormats).join(', ');
  throw new FramelaneError(
    'UNSUPPORTED',
    `${format} has no name in RFC 4175: convert it (format=rgb24); known: ${known}`,
  );
}

/**
 * What frames of a pixel format are called on RTP (RFC 4175). Gray goes as KEY, one sample a pixel. Throws
 * `UNSUPPORTED` for formats without a name there, as Bayer patterns, and `BAD_ARGUMENT` for sizes that cannot be sent.
 */
export function rawFormatOf(format: PixelFormat, width: number, height: number): RawFormat {
  const { sampling, depth } = wireFormatOf(format);
  const raw = { sampling, depth, width, height };
  rawLayout(raw);
  return raw;
}

/** The pixel format that pictures from RTP become. Throws `UNSUPPORTED` when there is none. */
export function pixelFormatOfRaw({ sampling, depth }: Pick<RawFormat, 'sampling' | 'depth'>): PixelFormat {
  for (const [format, wire] of Object.entries(wireFormats)) {
    if (wire.sampling === sampling && wire.depth === depth && wire.way !== 'opaque') return format as PixelFormat;
  }
  throw new FramelaneError('UNSUPPORTED', `${sampling} of ${depth} bits: no pixel format of Framelane holds it`);
}

/**
 * Writes a frame's pixels as they go over the wire: what a `RawPayloader` of `rawFormatOf` the frame takes. `into` must
 * have the bytes of {@link rawLayout}. `copySwapped` exchanges bytes; the addon's does it faster.
 */
export function packRawPixels(frame: Frame, into: Uint8Array, copySwapped: CopySwapped16 = copySwapped16): void {
  const { way } = wireFormatOf(frame.format);
  const { rowBytes, rows, bytes } = rawLayout(rawFormatOf(frame.format, frame.width, frame.height));
  checkBytes(into, bytes);
  if (way === 'grouped') {
    groupPixels(frame, into);
    return;
  }
  const { data, stride } = frame.planes[0] as Plane;
  for (let row = 0; row < rows; row++) {
    const from = data.subarray(row * stride, row * stride + rowBytes);
    copyRow(way, from, into.subarray(row * rowBytes, (row + 1) * rowBytes), copySwapped);
  }
}

/** The reverse of {@link packRawPixels}: `into` is a frame of {@link pixelFormatOfRaw} and of the picture's size. */
export function unpackRawPixels(data: Uint8Array, into: Frame, copySwapped: CopySwapped16 = copySwapped16): void {
  const { way } = wireFormatOf(into.format);
  const { rowBytes, rows, bytes } = rawLayout(rawFormatOf(into.format, into.width, into.height));
  checkBytes(data, bytes);
  if (way === 'grouped') {
    ungroupPixels(data, into);
    return;
  }
  const { data: pixels, stride } = into.planes[0] as Plane;
  for (let row = 0; row < rows; row++) {
    const to = pixels.subarray(row * stride, row * stride + rowBytes);
    copyRow(way, data.subarray(row * rowBytes, (row + 1) * rowBytes), to, copySwapped);
  }
}

function checkBytes(memory: Uint8Array, bytes: number): void {
  if (memory.length === bytes) return;
  throw new FramelaneError('BAD_ARGUMENT', `${memory.length} bytes for a picture of ${bytes}`);
}

function copyRow(way: Way, from: Uint8Array, to: Uint8Array, copySwapped: CopySwapped16): void {
  if (way === 'swapped') copySwapped(from, to);
  else to.set(from);
  if (way === 'opaque') for (let at = 3; at < to.length; at += 4) to[at] = 0xff;
}

/** Where the chroma of a 4:2:0 frame is: planes of their own, or taking turns in one. */
function chromaOf(frame: Frame): { cb: Plane; cr: Plane; step: number; crStart: number } {
  const [, second, third] = frame.planes as readonly [Plane, Plane, Plane | undefined];
  return third === undefined
    ? { cb: second, cr: second, step: 2, crStart: 1 }
    : { cb: second, cr: third, step: 1, crStart: 0 };
}

/** Planes to groups: Y00 Y01 Y10 Y11 Cb Cr (RFC 4175 section 4.3). */
function groupPixels(frame: Frame, into: Uint8Array): void {
  const { data: luma, stride } = frame.planes[0] as Plane;
  const { cb, cr, step, crStart } = chromaOf(frame);
  for (let row = 0, at = 0; row < frame.height / 2; row++) {
    let upper = 2 * row * stride;
    let first = row * cb.stride;
    let second = row * cr.stride + crStart;
    for (const end = at + 3 * frame.width; at < end; at += 6) {
      into[at] = luma[upper] as number;
      into[at + 1] = luma[upper + 1] as number;
      into[at + 2] = luma[upper + stride] as number;
      into[at + 3] = luma[upper + stride + 1] as number;
      into[at + 4] = cb.data[first] as number;
      into[at + 5] = cr.data[second] as number;
      upper += 2;
      first += step;
      second += step;
    }
  }
}

/** Groups to planes. */
function ungroupPixels(data: Uint8Array, frame: Frame): void {
  const { data: luma, stride } = frame.planes[0] as Plane;
  const { cb, cr, step, crStart } = chromaOf(frame);
  for (let row = 0, at = 0; row < frame.height / 2; row++) {
    let upper = 2 * row * stride;
    let first = row * cb.stride;
    let second = row * cr.stride + crStart;
    for (const end = at + 3 * frame.width; at < end; at += 6) {
      luma[upper] = data[at] as number;
      luma[upper + 1] = data[at + 1] as number;
      luma[upper + stride] = data[at + 2] as number;
      luma[upper + stride + 1] = data[at + 3] as number;
      cb.data[first] = data[at + 4] as number;
      cr.data[second] = data[at + 5] as number;
      upper += 2;
      first += step;
      second += step;
    }
  }
}
