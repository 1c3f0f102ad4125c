import type { Frame, FrameInit, FrameSpec } from '../frame/index.js';

/** What a source knows of its stream before the first frame; unknown facts are left out. */
export interface StreamInfo {
  readonly format?: FrameSpec['format'];
  readonly width?: number;
  readonly height?: number;
  /** Frames a second. */
  readonly fps?: number;
  /** Frames in all, for sources that end. */
  readonly frames?: number;
}

/** Memory for one frame, lent by whoever will consume it: a slot of a ring, or a recycled buffer. */
export interface FrameSpace {
  readonly format: FrameSpec['format'];
  readonly width: number;
  readonly height: number;
  /** Writable planes, laid out as the spec asked. */
  readonly planes: readonly { readonly data: Uint8Array; readonly stride: number }[];
  /** All planes as one run of bytes, plane after plane. */
  readonly bytes: Uint8Array;
  /** Turns the filled space into a frame. The space must not be written any more. */
  finish(init?: Pick<FrameInit, 'captureTime' | 'metadata' | 'area' | 'sequence'>): Frame;
  /** Gives the space back unused. */
  abandon(): void;
}

/** Hands out {@link FrameSpace}. */
export interface FrameMemory {
  /**
   * Space for one frame. Waits where the consumer must not lose frames; undefined when the consumer has no room now
   * and the frame is to be dropped (and has been counted as dropped).
   */
  space(spec: FrameSpec, signal?: AbortSignal): Promise<FrameSpace | undefined>;
}

/** Where frames come from. Iterate it once. */
export interface Source extends AsyncIterable<Frame>, AsyncDisposable {
  readonly uri: string;
  /** Frames that were lost before they got here, so far; left out by sources that lose none. */
  readonly missed?: number;
  /** Whether the frames lie in a file, from which they come as fast as they are read. */
  readonly recorded?: boolean;
  /** What is known of the stream; may open the file or connection. */
  info(): Promise<StreamInfo>;
  /**
   * The frames, in order. Those that are made or decoded are written straight into `memory` where the source can;
   * without it the source uses memory of its own. Whoever takes a frame releases it. Aborting the signal ends the
   * iteration quietly.
   */
  frames(options?: { memory?: FrameMemory; signal?: AbortSignal }): AsyncIterableIterator<Frame>;
  /** Stops and frees everything; idempotent. */
  close(): Promise<void>;
}
