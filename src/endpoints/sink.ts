import type { Frame } from '../frame/index.js';
import type { FrameMemory, StreamInfo } from './source.js';

/** Where frames go. */
export interface Sink extends AsyncDisposable {
  readonly uri: string;
  /** Space to write frames straight into, where the sink has some: a ring's slots. */
  readonly memory?: FrameMemory;
  /** Told once, before the first frame, what is known of the stream. */
  begin?(info: StreamInfo): Promise<void>;
  /**
   * Takes a frame; the promise is the back-pressure. The sink never releases the frame: the caller does, once the
   * promise has settled. A frame that came from this sink's own `memory` is handed on without a copy.
   * Resolves to false when the frame was dropped.
   */
  write(frame: Frame, signal?: AbortSignal): Promise<boolean>;
  /** Flushes, closes, frees; idempotent. */
  close(): Promise<void>;
}
