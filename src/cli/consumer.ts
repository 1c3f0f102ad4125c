import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { waitForReaders } from '../endpoints/ring-readers.js';
import { FramelaneError } from '../error.js';
import type { Publisher } from '../ring/index.js';
import { exitCodes } from './exit-codes.js';
import { pythonEnvironment } from './package-paths.js';

/** How long a command may take to end after it was told to, in ms; then it is killed. */
const graceMs = 5000;

/** How long a finished pipe keeps its ring open for a command that has not opened it yet, in ms. */
const latecomerMs = 10_000;

/** The exit code that a shell would show for a child's end. */
export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? exitCodes.signalBase + (signal === null ? 0 : constants.signals[signal]);
}

/** The program after `--`: it gets the ring's name in its environment and ends when the ring does. */
export class Consumer {
  readonly #command: readonly string[];
  readonly #stdin: 'inherit' | 'ignore';
  readonly #onEnd: () => void;
  #child: ChildProcess | undefined;
  #ended: Promise<number> | undefined;
  #exitCode: number | undefined;
  #killer: NodeJS.Timeout | undefined;
  #stopping = false;
  /** Whether a reader was seen in the ring. */
  attached = false;

  constructor(command: readonly string[], stdin: 'inherit' | 'ignore', onEnd: () => void) {
    this.#command = command;
    this.#stdin = stdin;
    this.#onEnd = onEnd;
  }

  /** Its exit code, 128 + n when a signal ended it; undefined while it runs or has not started. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Whether it was started. */
  get started(): boolean {
    return this.#child !== undefined;
  }

  /** Starts it for that ring; in a lossless ring waits until it reads. Throws `TOOL_MISSING`, `CHILD_FAILED`. */
  async attend(publisher: Publisher, signal?: AbortSignal): Promise<void> {
    await this.#start(publisher.name);
    const attaching = waitForReaders(publisher, 1, signal).then((attached) => {
      this.attached = attached;
    });
    if (publisher.lossless) await attaching;
  }

  /** Gives one that is still starting the time to open the ring before it is closed. */
  async latecomer(publisher: Publisher): Promise<void> {
    const until = performance.now() + latecomerMs;
    while (
      !this.attached &&
      !this.#stopping &&
      this.started &&
      this.#exitCode === undefined &&
      performance.now() < until
    ) {
      this.attached = await waitForReaders(publisher, 1, AbortSignal.timeout(50));
    }
  }

  /** Passes a signal on, and kills the program when it does not end in time. */
  stop(signal: NodeJS.Signals): void {
    if (this.#exitCode !== undefined) return;
    this.#child?.kill(signal);
    this.limit();
  }

  /** Kills it when it has not ended in time by itself: its ring is closed, so it should. */
  limit(): void {
    this.#stopping = true;
    this.#killer ??= setTimeout(() => this.#child?.kill('SIGKILL'), graceMs);
  }

  /** Ends it now. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Waits until it has ended. */
  async end(): Promise<number> {
    const code = (await this.#ended) ?? 0;
    clearTimeout(this.#killer);
    return code;
  }

  async #start(ring: string): Promise<void> {
    const [program = '', ...args] = this.#command;
    const env = { ...pythonEnvironment(), FRAMELANE_RING: ring };
    const child = spawn(program, args, { stdio: [this.#stdin, 'inherit', 'inherit'], env });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        reject(new FramelaneError('TOOL_MISSING', `cannot start ${program}: ${cause.message}`, { subject: program }));
      });
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exitCode = exitCodeOf(code, signal);
        resolve(this.#exitCode);
        this.#onEnd();
      });
    });
  }
}
