import { type ChildProcess, spawn } from 'node:child_process';
import { FramelaneError } from '../error.js';

/** What of ffmpeg's words is kept, in characters: the last ones say why it ended. */
const wordsKept = 4096;

/** Says nothing but errors, and leaves our standard input alone. */
export const quietly = ['-nostdin', '-hide_banner', '-v', 'error'] as const;

/** The error of a missing tool of the ffmpeg package. */
export function ffmpegMissing(tool = 'ffmpeg', what = 'video files need it'): FramelaneError {
  return new FramelaneError('TOOL_MISSING', `${tool} is not installed, and ${what}: apt install ffmpeg`, {
    subject: tool,
  });
}

/** One ffmpeg at work: its end, its last words, and that it never outlives us. */
export class FfmpegChild {
  /** The process, for its streams. */
  readonly process: ChildProcess;
  readonly #task: string;
  readonly #ended: Promise<number | string | null>;
  #words = '';

  /** Starts it. `task` completes "ffmpeg cannot"; `stdout` is a descriptor, or a stream to be read. */
  constructor(task: string, args: readonly string[], stdin: 'ignore' | 'pipe', stdout: number | 'pipe') {
    this.#task = task;
    this.process = spawn('ffmpeg', args, {
      stdio: [stdin, stdout, 'pipe'],
      detached: true, // Ctrl-C on the terminal is ours to handle: we end it, with nothing said.
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-wordsKept);
    });
    this.#ended = new Promise((resolve) => {
      this.process.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      this.process.once('close', (code, signal) => resolve(code ?? signal));
    });
  }

  /** Waits for its end. Throws `TOOL_MISSING`, or `CHILD_FAILED` with its last words. */
  async finish(): Promise<void> {
    const code = await this.#ended;
    if (code === 'ENOENT') throw ffmpegMissing();
    if (code !== 0) throw this.#failed(code);
  }

  /** Ends it at once and collects it; idempotent. */
  async close(): Promise<void> {
    const { process } = this;
    if (process.exitCode === null && process.signalCode === null) process.kill('SIGKILL');
    process.stdin?.destroy();
    process.stdout?.destroy();
    await this.#ended;
  }

  #failed(code: number | string | null): FramelaneError {
    const said = this.#words.trim().split('\n').at(-1)?.trim() || `ffmpeg ended with code ${code}`;
    return new FramelaneError('CHILD_FAILED', `ffmpeg cannot ${this.#task}: ${said}`, { subject: this.#task });
  }
}
