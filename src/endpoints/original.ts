import type { Frame } from '../frame/frame.js';

/** The bytes that a frame was decoded from. */
export interface Original {
  /** Bytes of memory that keeping it takes: 0 where they can be read again. */
  readonly heldBytes: number;
  /** The bytes, header and all. Throws `IO` when they cannot be read again. */
  read(): Promise<Uint8Array>;
}

const originals = new WeakMap<Frame, Original>();

/** Notes what a frame was decoded from. */
export function noteOriginal(frame: Frame, original: Original): Frame {
  originals.set(frame, original);
  return frame;
}

/** What a frame was decoded from; undefined where its source does not keep that. Good beyond the frame's release. */
export function originalOf(frame: Frame): Original | undefined {
  return originals.get(frame);
}
