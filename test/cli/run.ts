import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a command did. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line of ours under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** What it has printed to standard output so far. */
  output(): string;
}

/** A folder for the rings of one test file, on the same file system as the real ones. */
export function ringFolder(): string {
  const folder = mkdtempSync('/dev/shm/framelane-test-');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The rings in a folder. */
export function ringsIn(folder: string): string[] {
  return readdirSync(folder);
}

/** Starts `framelane` with its rings in that folder. */
export function start(folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const script = path.join(root, 'src/cli/main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...words], {
    cwd: root,
    env: { ...process.env, FRAMELANE_SHM_DIR: folder, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('latin1').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const outcome = new Promise<Outcome>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, outcome, output: () => stdout };
}

/** Runs `framelane` to its end. */
export function run(folder: string, ...words: string[]): Promise<Outcome> {
  const running = start(folder, words);
  running.child.stdin?.end();
  return running.outcome;
}

/** Waits until something holds, at most twenty seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`still not so after 20 s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until a command has printed something; throws with its own words when it ends before. */
export async function untilPrinted(running: Running, text: string): Promise<void> {
  let ended: Outcome | undefined;
  running.outcome.then((outcome) => {
    ended = outcome;
  });
  await until(() => ended !== undefined || running.output().includes(text));
  if (!running.output().includes(text)) throw new Error(`it never printed "${text}": ${JSON.stringify(ended)}`);
}
