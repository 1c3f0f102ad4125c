import { allocateFrame, type Frame, type FrameSpec } from '../../../src/frame/index.js';

/** A frame whose bytes all differ from their neighbours, a little: it compresses, but not to nothing. */
export function picture(spec: FrameSpec): Frame {
  const frame = allocateFrame(spec);
  const { data, stride } = frame;
  for (let at = 0; at < data.length; at++) data[at] = (at % stride) + 3 * Math.floor(at / stride);
  return frame;
}
