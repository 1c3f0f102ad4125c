import { type Frame, pixelFormatCodes, toRgb } from '../frame/index.js';
import { jpegPixelFormats, TurboJpeg } from '../jpeg/index.js';
import { canReduce, reduceFrame } from './reduce-frame.js';
import { type Picture, rawPicture, type SharedFrame } from './shared-frame.js';
import { pictureEncodings } from './wire.js';

/** How a picture is made smaller for a link. */
export interface PictureForm {
  /** Pixels across that are wanted at least: wider pictures lose pixels; Infinity: none is to be lost. */
  readonly width: number;
  /** Every n-th pixel only; 1: all. */
  readonly reduction: number;
  /** Compressed: numbers are no longer exact. */
  readonly jpeg: boolean;
}

/** Most bytes of one picture: a texture of 8192 rows, which every browser has, of 16 KiB. */
const mostBytes = 128 << 20;

/** JPEG quality of pictures for slow links. */
const jpegQuality = 85;

let jpeg: TurboJpeg | undefined;

/** The picture of a frame that a view gets: made once, however many views want the same. */
export function pictureOf(shared: SharedFrame, form: PictureForm): Picture {
  const { frame } = shared;
  const wanted = Math.floor(frame.width / form.width) * form.reduction;
  const factor = Math.max(1, wanted, form.reduction, leastReduction(shared.raw.bytes));
  const reduction = canReduce(frame, factor) ? factor : 1;
  if (form.jpeg && canCompress(frame)) {
    return shared.picture(`jpeg, every ${reduction}.`, () => jpegPicture(reduced(frame, reduction), reduction));
  }
  if (reduction === 1) return shared.raw;
  return shared.picture(`every ${reduction}.`, () => rawPicture(reduceFrame(frame, reduction), reduction));
}

/** Whether a picture keeps its meaning as JPEG: formats of eight bits a sample that are not a sensor's mosaic. */
export function canCompress({ format }: Frame): boolean {
  return !format.startsWith('bayer_') && !format.endsWith('16le');
}

/** Pictures that are too large for a page lose pixels. */
function leastReduction(bytes: number): number {
  return Math.ceil(Math.sqrt(bytes / mostBytes));
}

function reduced(frame: Frame, factor: number): Frame {
  return factor === 1 ? frame : reduceFrame(frame, factor);
}

function jpegPicture(frame: Frame, reduction: number): Picture {
  jpeg ??= new TurboJpeg();
  const direct = (jpegPixelFormats as readonly string[]).includes(frame.format);
  const bytes = jpeg.encode(direct ? frame : toRgb(frame), { quality: jpegQuality });
  const { width, height } = frame;
  return {
    ...{ encoding: pictureEncodings.jpeg, width, height, reduction },
    format: pixelFormatCodes[frame.format === 'gray8' ? 'gray8' : 'rgba32'],
    strides: [0, 0, 0],
    pieces: [bytes],
    bytes: bytes.length,
  };
}
