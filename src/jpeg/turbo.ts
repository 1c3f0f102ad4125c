import { createRequire } from 'node:module';
import { FramelaneError } from '../error.js';
import {
  allocateFrame,
  copyPixels,
  type Frame,
  frameLayout,
  frameOver,
  type Plane,
  pixelFormatInfo,
} from '../frame/index.js';
import {
  type JpegDecoder,
  type JpegEncodeOptions,
  type JpegEncoder,
  type JpegPixelFormat,
  jpegPixelFormats,
  type PixelTarget,
} from './codec.js';
import { defaultMaxPixels, readJpegHeader } from './jpeg-header.js';

type Turbo = typeof import('@julusian/jpeg-turbo');

/** Longest side that libjpeg writes, in pixels. */
const maxEncodedSide = 65_500;

/** What {@link TurboJpeg} allows. */
export interface TurboJpegOptions {
  /** Most pixels of a picture, decoded or encoded; default 64 Mi. Its bytes never exceed 2^31 - 1, whatever is asked. */
  readonly maxPixels?: number;
}

/** How a single JPEG is decoded. */
export interface JpegDecodeOptions {
  /** Default: gray8 for a gray JPEG, rgb24 for a colour one. */
  readonly format?: JpegPixelFormat;
  /** Memory for the pixels; default: fresh. Too little throws `BAD_ARGUMENT`. */
  readonly into?: Uint8Array;
}

/**
 * JPEG by libjpeg-turbo (package @julusian/jpeg-turbo), straight into the memory it is given. Headers are checked before
 * anything is allocated, and a picture that libjpeg would only warn about (cut, damaged) is an error.
 *
 * The package always uses libjpeg-turbo's fast DCT: against the slow one about half of the samples differ by 1 and none by
 * more than about 5 of 255.
 * Keeps no picture; one scratch buffer is reused for targets with padded rows and for encoding.
 */
export class TurboJpeg implements JpegDecoder, JpegEncoder {
  readonly #turbo: Turbo = loadTurbo();
  readonly #maxPixels: number;
  #scratch: Buffer = Buffer.alloc(0);

  constructor(options: TurboJpegOptions = {}) {
    const { maxPixels = defaultMaxPixels } = options;
    if (!(maxPixels >= 1)) throw new FramelaneError('BAD_ARGUMENT', `maxPixels ${maxPixels} is not at least 1`);
    this.#maxPixels = maxPixels;
  }

  /** A JPEG as a frame in memory of its own, or in `into`. */
  decode(jpeg: Uint8Array, options: JpegDecodeOptions = {}): Frame {
    const header = readJpegHeader(jpeg, { maxPixels: this.#maxPixels });
    const format = options.format ?? (header.components === 1 ? 'gray8' : 'rgb24');
    checkFormat(format);
    const spec = { format, width: header.width, height: header.height };
    const { bytes } = frameLayout(spec);
    if (options.into !== undefined && options.into.byteLength < bytes) {
      throw new FramelaneError('BAD_ARGUMENT', `the JPEG needs ${bytes} bytes, not ${options.into.byteLength}`);
    }
    const frame = options.into === undefined ? allocateFrame(spec) : frameOver(spec, options.into);
    this.#decodeChecked(jpeg, frame);
    return frame;
  }

  /** See {@link JpegDecoder}. */
  decodeInto(jpeg: Uint8Array, target: PixelTarget): void {
    checkFormat(target.format);
    const { width, height } = readJpegHeader(jpeg, { maxPixels: this.#maxPixels });
    if (width !== target.width || height !== target.height) {
      throw new FramelaneError(
        'BAD_ARGUMENT',
        `the JPEG is ${width}x${height}, the space for it ${target.width}x${target.height}`,
      );
    }
    this.#decodeChecked(jpeg, target);
  }

  /** See {@link JpegEncoder}. */
  encode(frame: Frame, options: JpegEncodeOptions = {}): Uint8Array {
    const { quality = 90, subsampling = '420' } = options;
    checkFormat(frame.format);
    if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
      throw new FramelaneError('BAD_ARGUMENT', `JPEG quality ${quality} is not a whole number from 1 to 100`);
    }
    const { width, height } = frame;
    if (Math.max(width, height) > maxEncodedSide || width * height > this.#maxPixels) {
      throw new FramelaneError(
        'LIMIT_EXCEEDED',
        `${width}x${height} is too large: at most ${maxEncodedSide} pixels a side and ${this.#maxPixels} in all`,
      );
    }
    const sampling = frame.format === 'gray8' ? 'GRAY' : subsampling;
    const how = { width, height, subsampling: this.#turbo[`SAMP_${sampling}`] };
    const { plane, stridePixels } = sourceRows(frame);
    const out = this.#scratchOf(this.#turbo.bufferSize(how));
    const format = this.#formatNumber(frame.format as JpegPixelFormat);
    const written = this.#turbo.compressSync(plane, out, { ...how, format, quality, stride: stridePixels });
    return new Uint8Array(written); // a copy of the exact size
  }

  #decodeChecked(jpeg: Uint8Array, target: PixelTarget): void {
    const layout = frameLayout(target).planes[0] as { rowBytes: number; rows: number };
    const bytes = layout.rowBytes * layout.rows;
    if (bytes > 0x7fff_ffff) throw new FramelaneError('LIMIT_EXCEEDED', `a picture of ${bytes} bytes`);
    const plane = target.planes[0] as Plane;
    if (plane.stride === layout.rowBytes && plane.data.byteLength >= bytes) {
      this.#decompress(jpeg, asBuffer(plane.data), target);
      return;
    }
    // The package writes rows without padding only.
    const scratch = this.#scratchOf(bytes);
    this.#decompress(jpeg, scratch, target);
    copyPixels(frameOver({ format: target.format, width: target.width, height: target.height }, scratch), target);
  }

  #decompress(jpeg: Uint8Array, out: Buffer, target: PixelTarget): void {
    const format = this.#formatNumber(target.format as JpegPixelFormat);
    let result: { width: number; height: number };
    try {
      result = this.#turbo.decompressSync(asBuffer(jpeg), out, { format });
    } catch (cause) {
      // The package throws libjpeg's warnings without their words: padding is told from damage by trying without it.
      const shorter = withoutPadding(jpeg);
      if (shorter === undefined) throw damaged('its coded pixels are damaged or cut off', jpeg, cause);
      this.#decompress(shorter, out, target);
      return;
    }
    if (result.width !== target.width || result.height !== target.height) {
      throw damaged(`it holds a second picture of ${result.width}x${result.height}`, jpeg);
    }
  }

  #scratchOf(bytes: number): Buffer {
    if (this.#scratch.length < bytes) this.#scratch = Buffer.allocUnsafeSlow(bytes);
    return this.#scratch;
  }

  #formatNumber(format: JpegPixelFormat): number {
    switch (format) {
      case 'gray8':
        return this.#turbo.FORMAT_GRAY;
      case 'rgb24':
        return this.#turbo.FORMAT_RGB;
      case 'bgr24':
        return this.#turbo.FORMAT_BGR;
      case 'rgba32':
        return this.#turbo.FORMAT_RGBA;
      case 'bgra32':
        return this.#turbo.FORMAT_BGRA;
      case 'bgrx32':
        return this.#turbo.FORMAT_BGRX;
    }
  }
}

/** The frame's rows as the package takes them: the stride a whole number of pixels, the last row as long as the others. */
function sourceRows(frame: Frame): { plane: Buffer; stridePixels: number } {
  const pixelBytes = pixelFormatInfo(frame.format).channels;
  if (frame.stride % pixelBytes === 0 && frame.data.byteLength >= frame.stride * frame.height) {
    return { plane: asBuffer(frame.data), stridePixels: frame.stride / pixelBytes };
  }
  const packed = allocateFrame({ format: frame.format, width: frame.width, height: frame.height });
  copyPixels(frame, packed);
  return { plane: asBuffer(packed.data), stridePixels: frame.width };
}

/**
 * Some cameras pad pictures with zeros before the end marker (0xff 0xd9), which libjpeg warns about from the third on. A
 * copy with one zero, as may belong to the last pixel; undefined when there is no such padding.
 */
function withoutPadding(jpeg: Uint8Array): Uint8Array | undefined {
  let end = jpeg.length - 2;
  while (end > 0 && !(jpeg[end] === 0xff && jpeg[end + 1] === 0xd9)) end--;
  let last = end;
  while (last > 0 && jpeg[last - 1] === 0) last--;
  if (end - last < 3) return undefined;
  const shorter = new Uint8Array(last + 3);
  shorter.set(jpeg.subarray(0, last + 1));
  shorter.set([0xff, 0xd9], last + 1);
  return shorter;
}

/** The same memory as a Buffer: the package's `slice` of anything else would copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkFormat(format: string): asserts format is JpegPixelFormat {
  if ((jpegPixelFormats as readonly string[]).includes(format)) return;
  throw new FramelaneError(
    'UNSUPPORTED',
    `JPEG is decoded into and made from ${jpegPixelFormats.join(', ')}, not ${format}; convert the frame first (toRgb)`,
  );
}

function damaged(what: string, jpeg: Uint8Array, cause?: unknown): FramelaneError {
  return new FramelaneError(
    'JPEG_INVALID',
    `JPEG of ${jpeg.length} bytes cannot be decoded: ${what}`,
    { length: jpeg.length },
    { cause },
  );
}

function loadTurbo(): Turbo {
  try {
    return createRequire(import.meta.url)('@julusian/jpeg-turbo') as Turbo;
  } catch (cause) {
    throw new FramelaneError(
      'NATIVE_MISSING',
      'libjpeg-turbo did not load: reinstall @julusian/jpeg-turbo for this platform',
      {},
      { cause },
    );
  }
}
