import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { type FeedbackSources, readSources, writeSources } from './feedback.js';

/** FMT of a picture loss indication among the payload feedback (RFC 4585 section 6.3). */
export const pictureLossFormat = 1;

/** PLI: pictures were lost, please send one that a decoder can begin with (RFC 4585 section 6.3.1). It has no more to say. */
export interface PictureLoss extends FeedbackSources {
  readonly kind: 'pictureLoss';
}

/** Reads the body behind the header. */
export function readPictureLoss(reader: BoundedReader): PictureLoss {
  return { kind: 'pictureLoss', ...readSources(reader) };
}

/** Writes the body and returns the header's count, here the format. */
export function writePictureLoss(loss: PictureLoss, writer: BoundedWriter): number {
  writeSources(loss, writer);
  return pictureLossFormat;
}
