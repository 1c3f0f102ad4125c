import { canReduce, reduceFrame } from './reduce-frame.js';
import { type Picture, rawPicture, type SharedFrame } from './shared-frame.js';
import type { PictureQuality } from './wire.js';

/** Most bytes of one picture that a page takes: browsers refuse larger textures and buffers. */
const mostBytes = 256 << 20;

/** The picture of a frame that a view gets: made once, however many views want the same. */
export function pictureOf(frame: SharedFrame, width: number, _quality: PictureQuality): Picture {
  const factor = Math.max(Math.floor(frame.frame.width / width), leastReduction(frame.raw.bytes));
  if (factor <= 1 || !canReduce(frame.frame, factor)) return frame.raw;
  return frame.picture(`reduced by ${factor}`, () => rawPicture(reduceFrame(frame.frame, factor), factor));
}

/** Pictures that are too large for a page lose pixels. */
function leastReduction(bytes: number): number {
  return Math.ceil(Math.sqrt(bytes / mostBytes));
}
