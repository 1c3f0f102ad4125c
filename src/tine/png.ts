import { decode } from 'fast-png';
import { BoundedReader } from '../bytes/index.js';
import { FramelaneError } from '../error.js';
import { type FrameSpec, frameBytes } from '../frame/index.js';
import { defaultMaxPixels } from '../jpeg/jpeg-header.js';

/** A PNG that was looked over and found fit to be decoded. */
export interface PngPicture {
  /** gray8, gray16le, rgb24 or rgba32, and the size. */
  readonly spec: FrameSpec;
  /** The PNG without the chunks that do not matter for its pixels. */
  readonly essence: Uint8Array;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const essential = new Set(['IHDR', 'IDAT', 'IEND']);

/** Formats by bits a sample and colour type (PNG 11.2.2). */
const formats: Readonly<Record<string, FrameSpec['format']>> = {
  '8/0': 'gray8',
  '16/0': 'gray16le',
  '8/2': 'rgb24',
  '8/6': 'rgba32',
};

/**
 * Walks over a PNG's chunks. Throws `TINE_INVALID` with the byte offset for what is none or is cut, `LIMIT_EXCEEDED` above
 * `maxPixels`, `NOT_DECODED` for palettes, gray with alpha, other depths than 8 and 16 (gray only).
 */
export function readPng(png: Uint8Array, maxPixels = defaultMaxPixels): PngPicture {
  const reader = new BoundedReader(png, 'PNG');
  try {
    return walk(reader, png, maxPixels);
  } catch (error) {
    if (!(error instanceof FramelaneError) || error.code !== 'TRUNCATED') throw error;
    throw invalid('it is cut off', error.details.offset ?? png.length);
  }
}

function walk(reader: BoundedReader, png: Uint8Array, maxPixels: number): PngPicture {
  if (!signature.every((byte) => reader.u8() === byte)) throw invalid('it does not start as one', 0);
  let spec: FrameSpec | undefined;
  let kept = signature.length;
  let coded = 0;
  const essence = new Uint8Array(png.length);
  essence.set(signature);
  for (;;) {
    const at = reader.offset;
    const length = reader.u16BE() * 0x1_0000 + reader.u16BE();
    const type = reader.text(4);
    const data = reader.bytes(length);
    reader.skip(4);
    if ((spec === undefined) !== (type === 'IHDR')) throw invalid('its first chunk, and only that, must be IHDR', at);
    spec ??= readSize(data, at, maxPixels);
    if (type === 'IDAT') coded += length;
    if (essential.has(type)) {
      essence.set(png.subarray(at, reader.offset), kept);
      kept += reader.offset - at;
    }
    if (type === 'IEND') break;
  }
  checkCoded(coded, frameBytes(spec), reader.offset);
  return { spec, essence: essence.subarray(0, kept) };
}

function readSize(data: Uint8Array, at: number, maxPixels: number): FrameSpec {
  const reader = new BoundedReader(data, 'PNG header');
  const width = reader.u16BE() * 0x1_0000 + reader.u16BE();
  const height = reader.u16BE() * 0x1_0000 + reader.u16BE();
  const [depth, colour] = [reader.u8(), reader.u8()];
  if (width < 1 || height < 1 || width > 65_535 || height > 65_535) throw invalid(`a size of ${width}x${height}`, at);
  if (width * height > maxPixels) {
    throw new FramelaneError('LIMIT_EXCEEDED', `a PNG of ${width}x${height} has more than ${maxPixels} pixels`);
  }
  const format = formats[`${depth}/${colour}`];
  if (format !== undefined) return { format, width, height };
  throw new FramelaneError('NOT_DECODED', `a PNG of ${depth} bits and colour type ${colour} is not decoded`);
}

/**
 * Deflate shrinks to 1/1032 at best and grows by far less than 1 in 64: a PNG outside that was cut, wants memory on its
 * header's word, or hides something else.
 */
function checkCoded(coded: number, pixels: number, at: number): void {
  if (coded * 1032 >= pixels && coded <= pixels + Math.ceil(pixels / 64) + 65_536 * 2) return;
  throw invalid(`${coded} coded bytes cannot be ${pixels} bytes of pixels`, at);
}

/** The samples of a PNG in the order of its format, rows without padding, 16-bit ones little-endian. */
export function decodePng({ spec, essence }: PngPicture): Uint8Array {
  let samples: ReturnType<typeof decode>['data'];
  try {
    samples = decode(essence).data;
  } catch (cause) {
    throw new FramelaneError('TINE_INVALID', 'PNG cannot be decoded: its pixels are damaged', {}, { cause });
  }
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  if (bytes.length !== frameBytes(spec)) throw invalid(`${bytes.length} bytes of pixels`, 0);
  return bytes;
}

function invalid(what: string, offset: number): FramelaneError {
  return new FramelaneError('TINE_INVALID', `PNG cannot be decoded, byte ${offset}: ${what}`, { offset });
}
