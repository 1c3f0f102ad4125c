import type { PipeProgress } from '../endpoints/pipe.js';

const everyMs = 500;

/** A line on the terminal that says how a pipe is doing; nothing where standard error is no terminal. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout | undefined;
  #now: PipeProgress = { frames: 0, bytes: 0, dropped: 0 };
  #before = { frames: 0, bytes: 0, ms: performance.now() };

  constructor(shown: boolean, stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
    this.#timer = shown && stream.isTTY ? setInterval(() => this.#draw(), everyMs).unref() : undefined;
  }

  /** Takes the newest numbers; they are drawn when it is time. */
  update(progress: PipeProgress): void {
    this.#now = progress;
  }

  /** Wipes the line. */
  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#stream.write('\r\x1b[K');
  }

  #draw(): void {
    const { frames, bytes, dropped } = this.#now;
    const ms = performance.now();
    const seconds = (ms - this.#before.ms) / 1000;
    const fps = (frames - this.#before.frames) / seconds;
    const megabytes = (bytes - this.#before.bytes) / seconds / 1e6;
    this.#before = { frames, bytes, ms };
    const text = `${frames} frames · ${fps.toFixed(1)} fps · ${megabytes.toFixed(0)} MB/s · ${dropped} dropped`;
    this.#stream.write(`\r\x1b[K${text}`);
  }
}
