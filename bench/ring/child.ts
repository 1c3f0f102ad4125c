import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonPath } from './tools.js';

/** A program of the benchmark, and how to start it. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** A descriptor that the program gets as number 3. */
  readonly descriptor?: number;
}

/** A JSON line of a program. */
export type Line = Readonly<Record<string, unknown>>;

const running = new Set<Child>();

/** Kills whatever still runs: for the end of the benchmark, however it comes. */
export function killChildren(): void {
  for (const child of running) child.kill();
}

/** A running program that talks in JSON lines. */
export class Child {
  readonly #process: ChildProcess;
  readonly #lines: Line[] = [];
  readonly #ended: Promise<void>;
  #wanted: { pick: (line: Line) => boolean; resolve: (line: Line) => void; reject: (error: Error) => void }[] = [];
  #errors = '';
  #code: number | string | undefined;

  /** On that processor only, where one is named. */
  constructor(
    readonly program: Program,
    core?: number,
  ) {
    const { descriptor = 'ignore' } = program;
    const pinned = core === undefined ? [] : ['taskset', '-c', String(core)];
    const [command = '', ...args] = [...pinned, program.command, ...program.args];
    // A group of its own: what the program started goes with it.
    this.#process = spawn(command, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', descriptor],
      env: { ...process.env, PYTHONPATH: pythonPath },
    });
    running.add(this);
    this.#process.stdin?.on('error', () => {});
    this.#process.stderr?.on('data', (text) => {
      this.#errors += text;
    });
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on('line', (line) => this.#hear(line));
    this.#ended = this.#watch();
  }

  async #watch(): Promise<void> {
    const failed = once(this.#process, 'error').then(([error]) => (error as Error).message);
    this.#code = await Promise.race([once(this.#process, 'close').then(([code, signal]) => signal ?? code), failed]);
    running.delete(this);
    for (const { reject } of this.#wanted.splice(0)) reject(this.#failure());
  }

  #failure(): Error {
    const { command, args } = this.program;
    const name = args.map((word) => word.split('/').at(-1)).find((word) => /\.\w+$/.test(word ?? '')) ?? command;
    return new Error(`${name} ended (${this.#code}): ${this.#errors.trim()}`);
  }

  #hear(text: string): void {
    const line = JSON.parse(text) as Line;
    const index = this.#wanted.findIndex(({ pick }) => pick(line));
    if (index < 0) this.#lines.push(line);
    else this.#wanted.splice(index, 1)[0]?.resolve(line);
  }

  /** The next line of that role (undefined: that names none). Throws when the program ends first. */
  line(role: string | undefined): Promise<Line> {
    const pick = (line: Line) => line.role === role;
    const index = this.#lines.findIndex(pick);
    if (index >= 0) return Promise.resolve(this.#lines.splice(index, 1)[0] as Line);
    if (this.#code !== undefined) return Promise.reject(this.#failure());
    return new Promise((resolve, reject) => this.#wanted.push({ pick, resolve, reject }));
  }

  /** Starts a round. */
  go(): void {
    this.#process.stdin?.write('go\n');
  }

  /** Ends the program by the end of its input, or by force when that takes longer than `patienceMs`. */
  async stop(patienceMs = 2000): Promise<void> {
    this.#process.stdin?.end();
    const timer = setTimeout(() => this.kill(), patienceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Kills the program and what it started. */
  kill(): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Path of a file in the folder of programs. */
export const programPath = (name: string) => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
