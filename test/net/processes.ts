import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('program.mjs', import.meta.url));

/** Whether a program of that name runs here. */
export function runs(name: string, ...words: string[]): boolean {
  return spawnSync(name, words, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

/** A part of program.mjs in a process of its own, behind other words: strace, ip netns exec. */
export function runPart(before: readonly string[], part: string, options: object = {}): SpawnSyncReturns<string> {
  const [command, ...words] = [...before, process.execPath, '--expose-gc', program, part, JSON.stringify(options)];
  return spawnSync(command as string, words, { encoding: 'utf8', timeout: 25_000, killSignal: 'SIGKILL' });
}

/** The line of JSON that a part printed. Throws with its words when there is none. */
export function answerOf({ stdout, stderr, status, signal }: SpawnSyncReturns<string>): Record<string, unknown> {
  if (status !== 0) throw new Error(`exit ${status ?? signal}: ${stderr}`);
  return JSON.parse(stdout);
}
