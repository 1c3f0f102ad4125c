import type { PixelFormat } from '../frame/pixel-format.js';
import type { AccessUnit, Codec } from '../nal/index.js';

/** What a source of encoded video knows before the first unit; unknown facts are left out. */
export interface UnitStreamInfo {
  /** What the units are. */
  readonly codec: Codec;
  /** Pixels across, after cropping. */
  readonly width?: number;
  /** Rows, after cropping. */
  readonly height?: number;
  /** Pictures a second. */
  readonly fps?: number;
  /** Units in all, for sources that end. */
  readonly units?: number;
  /** Parameter sets as Annex B, of streams whose key frames come without: a decoder gets them first. */
  readonly parameterSets?: Uint8Array;
}

/** Where encoded video comes from: one access unit a picture. Iterate it once. */
export interface UnitSource extends AsyncIterable<AccessUnit>, AsyncDisposable {
  readonly uri: string;
  /** Units that were lost before they got here, so far; left out by sources that lose none. */
  readonly missed?: number;
  /** Whether the units lie in a file, from which they come as fast as they are read. */
  readonly recorded?: boolean;
  /** What it is decoded into for sinks of frames; left to them when there is none. */
  readonly pixels?: PixelFormat;
  /** What is known of the stream; may open the file or connection. */
  info(): Promise<UnitStreamInfo>;
  /**
   * The units, in decoding order. Whoever takes a unit releases it. Aborting the signal ends the iteration quietly.
   */
  units(options?: { signal?: AbortSignal }): AsyncIterableIterator<AccessUnit>;
  /** Stops and frees everything; idempotent. */
  close(): Promise<void>;
}

/** Whether an end of a pipe gives units rather than frames. */
export function isUnitSource(source: object): source is UnitSource {
  return 'units' in source;
}
