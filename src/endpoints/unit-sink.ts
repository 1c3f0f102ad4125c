import type { AccessUnit, Codec } from '../nal/index.js';
import type { EncodingOptions } from './encoding.js';
import type { UnitStreamInfo } from './unit-source.js';

/** Where encoded video goes. */
export interface UnitSink extends AsyncDisposable {
  readonly uri: string;
  /** What it takes; whatever else comes is encoded anew. */
  readonly accepts: readonly Codec[];
  /** How frames are to be encoded for it; left out where nothing can. */
  readonly encoding?: EncodingOptions;
  /** Whether units are to come at the rate at which they are shown: a network. */
  readonly realTime?: boolean;
  /** Told once, before the first unit, what is known of the stream. */
  begin?(info: UnitStreamInfo): Promise<void>;
  /**
   * Takes a unit; the promise is the back-pressure. The sink never releases the unit: the caller does, once the promise
   * has settled. Resolves to false when the unit was dropped.
   */
  write(unit: AccessUnit, signal?: AbortSignal): Promise<boolean>;
  /** Flushes, closes, frees; idempotent. */
  close(): Promise<void>;
}

/** Whether an end of a pipe takes units rather than frames. */
export function isUnitSink(sink: object): sink is UnitSink {
  return 'accepts' in sink;
}
