import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../bin/framelane.mjs', import.meta.url));

/** Starts a `framelane` command. */
export function startFramelane(...words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [cli, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Starts a TypeScript program of this folder. */
export function startProgram(name: string, ...words: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(name, import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', file, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The first line that a program prints, or that one that fits a pattern. */
export async function lineOf(child: ChildProcess, pattern = /.*/): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const match = pattern.exec(line);
    if (match !== null) return match[0];
  }
  throw new Error(`the program ended (${child.exitCode}) before it said ${pattern}`);
}

/** Ends a program and waits for its end. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
