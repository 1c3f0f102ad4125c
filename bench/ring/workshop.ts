import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killChildren, programPath } from './child.js';
import { compileC } from './tools.js';

/** The benchmark's temporary files, rings and processes: all are gone when it ends, however it ends. */
export class Workshop implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'framelane-bench-'));
  readonly #shared: string[] = [];
  readonly #descriptors: number[] = [];
  readonly #compiled = new Map<string, string>();
  readonly #end = () => this[Symbol.dispose]();
  readonly #interrupted = (signal: NodeJS.Signals) => {
    this.#end();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };

  constructor() {
    process.once('exit', this.#end);
    process.once('SIGINT', this.#interrupted).once('SIGTERM', this.#interrupted);
  }

  /** A ring name of this run. */
  ring(label: string): string {
    const name = `bench-${process.pid}-${label}`;
    this.#shared.push(`framelane.${name}`);
    return name;
  }

  /** A name of a shared-memory block of this run. */
  block(label: string): string {
    const name = `framelane-bench-${process.pid}-${label}`;
    this.#shared.push(name);
    return name;
  }

  /** A path that does not exist yet. */
  path(label: string): string {
    return join(this.folder, label);
  }

  /** A fresh pipe, open for both sides. Throws where mkfifo fails. */
  pipe(label: string): number {
    const path = this.path(label);
    if (spawnSync('mkfifo', [path]).status !== 0) throw new Error('mkfifo failed');
    const descriptor = openSync(path, 'r+');
    this.#descriptors.push(descriptor);
    return descriptor;
  }

  /** A program in C, compiled once. Throws with the compiler's words. */
  program(source: string): string {
    const known = this.#compiled.get(source);
    if (known !== undefined) return known;
    const target = this.path(source.replace('.c', ''));
    compileC(programPath(source), target);
    this.#compiled.set(source, target);
    return target;
  }

  /** Kills what still runs and removes every file. Idempotent. */
  [Symbol.dispose](): void {
    process.off('exit', this.#end).off('SIGINT', this.#interrupted).off('SIGTERM', this.#interrupted);
    killChildren();
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor);
    const shared = process.env.FRAMELANE_SHM_DIR ?? '/dev/shm';
    for (const name of this.#shared.splice(0)) {
      for (const folder of new Set([shared, '/dev/shm'])) rmSync(join(folder, name), { force: true });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
