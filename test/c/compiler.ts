import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every warning is an error. */
export const strict = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror', `-I${root}include`];

/** Whether a compiler is there. */
export function hasCompiler(compiler: string): boolean {
  return spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Runs a program to its end, its words on both streams kept. */
export function run(program: string, ...words: string[]): SpawnSyncReturns<string> {
  return spawnSync(program, words, { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' });
}

/** Compiles one source into `program`. Throws with the compiler's words. */
export function compile(compiler: string, standard: string, source: string, program: string, ...flags: string[]): void {
  const { status, stderr } = run(compiler, `-std=${standard}`, ...strict, ...flags, '-o', program, source);
  if (status !== 0) throw new Error(`${compiler} ${source}: ${stderr}`);
}

/** Flags that make a program find its own memory errors, where the compiler has them. */
export function sanitizers(compiler: string): string[] {
  const flags = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];
  const { status } = spawnSync(compiler, [...flags, '-x', 'c', '-o', '/dev/null', '-'], {
    input: 'int main(void) { return 0; }',
  });
  return status === 0 ? flags : ['-O1'];
}
