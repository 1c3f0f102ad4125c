import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where Python finds the package framelane. */
export const pythonPath = `${root}python`;

const runs = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** A Python that has numpy; undefined: there is none. */
export const python = [process.env.FRAMELANE_PYTHON, 'python3', '/usr/bin/python3']
  .filter((name) => name !== undefined)
  .find((name) => runs(name, '-c', 'import numpy'));

/** Why what needs Python is skipped. */
export const noPython = 'no Python with numpy (apt-get install python3-numpy)';

const compiler = process.env.CC ?? 'cc';

/** Compiles a C program against framelane.h. Throws with the compiler's words. */
export function compileC(source: string, target: string): void {
  const args = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', `-I${root}include`, '-o', target, source];
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${compiler} ${source}: ${error?.message ?? stderr}`);
}
