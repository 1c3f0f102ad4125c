import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { missing, pythonWith } from '../python.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

/** The languages that speak the layout. C++ is the C header through its RAII types. */
export const languages = ['node', 'python', 'c', 'c++'] as const;

/** One of {@link languages}. */
export type Language = (typeof languages)[number];

/** How each language's peer is started. Languages whose tools are missing are named in `without`. */
export interface Toolchain {
  readonly commands: ReadonlyMap<Language, readonly string[]>;
  readonly without: ReadonlyMap<Language, string>;
}

const strict = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-O1', `-I${root}include`];

function compile(compiler: string, standard: string, source: string, folder: string): string {
  const program = join(folder, compiler);
  execFileSync(compiler, [`-std=${standard}`, ...strict, '-o', program, join(here, source)]);
  return program;
}

const isThere = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** Compiles the peers that need it. */
export function prepareToolchain(): Toolchain {
  const folder = mkdtempSync(join(tmpdir(), 'framelane-matrix-'));
  const commands = new Map<Language, readonly string[]>([
    ['node', [process.execPath, '--import', 'tsx', join(here, 'peer.ts')]],
  ]);
  const without = new Map<Language, string>();
  const python = pythonWith('numpy');
  if (python === undefined) without.set('python', missing('numpy'));
  else commands.set('python', [python, join(here, 'peer.py')]);
  for (const [language, compiler, standard, source] of [
    ['c', 'gcc', 'c11', 'peer.c'],
    ['c++', 'g++', 'c++17', 'peer.cpp'],
  ] as const) {
    if (isThere(compiler)) commands.set(language, [compile(compiler, standard, source, folder)]);
    else without.set(language, `no ${compiler}`);
  }
  return { commands, without };
}

/** A peer process that talks in lines. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #exit: Promise<string>;
  #changed: () => void = () => {};
  #ended = false;

  constructor(
    readonly language: Language,
    toolchain: Toolchain,
    words: readonly string[],
  ) {
    const [program, ...first] = toolchain.commands.get(language) as [string, ...string[]];
    const env = { ...process.env, PYTHONPATH: `${root}python` };
    // Nothing that hangs outlives the test.
    const child = spawn(program, [...first, ...words], { cwd: root, env, timeout: 40_000, killSignal: 'SIGKILL' });
    this.#child = child;
    let complaints = '';
    child.stderr.on('data', (bytes) => {
      complaints += bytes;
    });
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#lines.push(line);
      this.#changed();
    });
    this.#exit = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.#ended = true;
        this.#changed();
        resolve(code === 0 ? '' : `${language} ${words[0]}: ${signal ?? `exit ${code}`} ${complaints}`);
      });
    });
  }

  /** The lines so far, once there are `count` of them. Throws when the process ends before. */
  async lines(count: number): Promise<readonly string[]> {
    while (this.#lines.length < count) {
      if (this.#ended)
        throw new Error((await this.#exit) || `${this.language} ended after ${this.#lines.length} lines`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    return this.#lines;
  }

  /** Lets the process go on. */
  tell(): void {
    this.#child.stdin?.write('go\n');
  }

  /** Ends it at once, as by kill -9. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** All its lines, after it ended by itself. Throws what it complained about. */
  async end(): Promise<readonly string[]> {
    const complaint = await this.#exit;
    if (complaint !== '') throw new Error(complaint);
    return this.#lines;
  }
}
