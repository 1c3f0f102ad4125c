import type { Frame } from '../frame/frame.js';
import type { Sink } from './sink.js';

/** `null:` takes frames and does nothing with them: for measuring, and for running a source dry. */
export class NullSink implements Sink {
  readonly uri = 'null:';
  /** Frames taken so far. */
  frames = 0;

  async write(_frame: Frame): Promise<boolean> {
    this.frames++;
    return true;
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
