import { FramelaneError } from '../error.js';
import { type Frame, type FrameInit, frameOver, type NdArray, type PixelFormat } from '../frame/index.js';
import type { TineImage } from './image.js';
import { type ToFrameOptions, toFrame } from './image-frame.js';
import {
  decodeImageHeader,
  encodeImageHeader,
  imageFormats,
  imageHeaderBytes,
  type TineImageHeader,
} from './image-header.js';

/** Rows of numbers, or rows of pixels of 3 or 4 numbers: what a numpy array becomes in JSON. */
export type ImageMatrix = readonly (readonly number[])[] | readonly (readonly (readonly number[])[])[];

/** The inner part of what `PyTine.get` returns for a CF_IMAGE. */
export type PyTineData =
  | { readonly imageMatrix: NdArray | ImageMatrix }
  | { readonly frameHeader: Readonly<Record<string, unknown>>; readonly imageBytes: Uint8Array };

/** What `PyTine.get` returns, whole. */
export interface PyTineReply {
  readonly data: PyTineData;
  /** Seconds since 1970 UTC. */
  readonly timestamp?: number;
}

/**
 * The dictionary that `PyTine.get` returns, whole or only its `data`, as a frame: header fields as JSON, pixels as bytes.
 * Fields that are missing are guessed: `imageFormat` from the first bytes (JPEG, PNG) or `bytesPerPixel`, the rest as in an
 * empty header. Fields it does not know are passed over. Errors are those of {@link toFrame}; `BAD_ARGUMENT` for what is no
 * such dictionary.
 */
export function fromPyTine(reply: PyTineReply | PyTineData, options: ToFrameOptions = {}): Frame {
  const whole = 'data' in reply ? reply : { data: reply };
  const { data } = whole;
  const seconds = 'timestamp' in whole && Number.isFinite(whole.timestamp) ? (whole.timestamp as number) : 0;
  if ('imageMatrix' in data) return matrixFrame(data.imageMatrix, seconds);
  if (!('frameHeader' in data) || !(data.imageBytes instanceof Uint8Array)) {
    throw new FramelaneError('BAD_ARGUMENT', 'no PyTine image: neither imageMatrix nor frameHeader with imageBytes');
  }
  return toFrame(pyTineImage(data.frameHeader, data.imageBytes, seconds), options);
}

/** Header and bytes of such a dictionary as an image. */
function pyTineImage(fields: Readonly<Record<string, unknown>>, bytes: Uint8Array, seconds: number): TineImage {
  const whole = Math.floor(seconds);
  const header = {
    imageFormat: guessFormat(fields, bytes),
    timestampSeconds: whole >= 0 && whole <= 0xffff_ffff ? whole : 0,
    timestampMicroseconds: Math.floor((seconds - whole) * 1e6),
    ...known(fields),
    totalLength: imageHeaderBytes + bytes.length,
    appendedFrameSize: bytes.length,
  };
  // Through bytes and back: the ranges of the fields are checked in one place only.
  return { header: decodeImageHeader(encodeImageHeader(header)), bytes, warnings: [] };
}

const headerNames = new Map(
  Object.entries(decodeImageHeader(encodeImageHeader({}))).map(([name, value]) => [name, typeof value]),
);

function known(fields: Readonly<Record<string, unknown>>): Partial<TineImageHeader> {
  const entries = Object.entries(fields).filter(([name]) => headerNames.has(name) && name !== 'baseTag');
  for (const [name, value] of entries) {
    if (typeof value !== headerNames.get(name)) {
      throw new FramelaneError('BAD_ARGUMENT', `PyTine's frameHeader.${name} is no ${headerNames.get(name)}`);
    }
  }
  return Object.fromEntries(entries) as Partial<TineImageHeader>;
}

function guessFormat({ bytesPerPixel }: Readonly<Record<string, unknown>>, bytes: Uint8Array): number {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return imageFormats.JPEG;
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return imageFormats.PNG;
  if (bytesPerPixel === 3) return imageFormats.RGB24;
  return bytesPerPixel === 4 ? imageFormats.RGBA32 : imageFormats.GRAY;
}

function matrixFrame(matrix: NdArray | ImageMatrix, seconds: number): Frame {
  const array = Array.isArray(matrix) ? arrayOfRows(matrix as ImageMatrix) : (matrix as NdArray);
  const [height = 0, width = 0, channels = 1] = array.shape;
  const format = matrixFormat(array, channels);
  const captureTime = seconds > 0 ? BigInt(Math.round(seconds * 1e6)) * 1000n : 0n;
  return contiguous(array, { format, width, height, captureTime });
}

function matrixFormat({ shape, dtype }: NdArray, channels: number): PixelFormat {
  if (shape.length === 2) return dtype === 'uint16' ? 'gray16le' : 'gray8';
  if (shape.length === 3 && dtype === 'uint8' && channels === 3) return 'rgb24';
  if (shape.length === 3 && dtype === 'uint8' && channels === 4) return 'rgba32';
  throw new FramelaneError('BAD_ARGUMENT', `an imageMatrix of shape ${shape.join('x')}, ${dtype}, is no picture`);
}

/** Rows of numbers as an array: uint8 where all fit, else uint16. */
function arrayOfRows(rows: ImageMatrix): NdArray {
  const first = rows[0] ?? [];
  const channels = Array.isArray(first[0]) ? first[0].length : 0;
  const flat = rows.flat(2) as number[];
  const shape = channels > 0 ? [rows.length, first.length, channels] : [rows.length, first.length];
  const sound = flat.every((value) => Number.isInteger(value) && value >= 0 && value <= 0xffff);
  const even = rows.every((row) => row.length === first.length) && flat.length === shape.reduce((a, b) => a * b, 1);
  if (!sound || !even) {
    throw new FramelaneError('BAD_ARGUMENT', 'imageMatrix holds rows of unequal length or numbers outside 0..65535');
  }
  const wide = flat.some((value) => value > 0xff);
  const data = wide ? Uint16Array.from(flat) : Uint8Array.from(flat);
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  return { data, shape, stride, offset: 0, dtype: wide ? 'uint16' : 'uint8' };
}

/** An array's elements in order, as the pixels of a frame. */
function contiguous(array: NdArray, init: Pick<FrameInit, 'format' | 'width' | 'height' | 'captureTime'>): Frame {
  const { data, stride, offset } = array;
  const [rowStep = 0, pixelStep = 0, channelStep = 1] = stride;
  const channels = array.shape[2] ?? 1;
  checkInside(array);
  const Elements = array.dtype === 'uint16' ? Uint16Array : Uint8Array;
  const out = new Elements(init.width * init.height * channels);
  let to = 0;
  for (let row = 0; row < init.height; row++) {
    for (let column = 0; column < init.width; column++) {
      const from = offset + row * rowStep + column * pixelStep;
      for (let channel = 0; channel < channels; channel++) out[to++] = data[from + channel * channelStep] ?? 0;
    }
  }
  return frameOver(init, new Uint8Array(out.buffer), { captureTime: init.captureTime });
}

/** Throws unless every element that the shape promises is there: nothing is allocated on the word of a shape. */
function checkInside({ data, shape, stride, offset }: NdArray): void {
  let [least, most, elements] = [offset, offset, 1];
  shape.forEach((length, axis) => {
    const reach = (length - 1) * (stride[axis] ?? 0);
    least += Math.min(0, reach);
    most += Math.max(0, reach);
    elements *= length;
  });
  if (least >= 0 && most < data.length && elements <= data.length && elements >= 1) return;
  throw new FramelaneError('BAD_ARGUMENT', `an imageMatrix of shape ${shape.join('x')} over ${data.length} elements`);
}
