import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Breakage, breakHeader } from './broken.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const out = join(root, 'build/faults');
const compiler = process.env.CXX ?? 'g++';
const flags = ['-std=c++20', '-O1', '-g0', '-Wall', '-Wextra'];
const headerText = readFileSync(join(root, 'include/framelane.h'), 'utf8');

/** What a program printed and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end; after `seconds` it is killed. */
export function run(
  program: string,
  words: readonly string[],
  options: { readonly seconds: number; readonly env?: NodeJS.ProcessEnv },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    const timer = setTimeout(() => child.kill('SIGKILL'), options.seconds * 1000);
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, out: stdout, err: stderr });
    });
  });
}

const sources = () =>
  readdirSync(here)
    .filter((file) => /\.(cc|h)$/.test(file))
    .sort()
    .map((file) => readFileSync(join(here, file), 'utf8'));

async function compile(source: string, target: string, words: readonly string[]): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  const { code, err } = await run(compiler, [...flags, ...words, '-o', fresh, join(here, source)], { seconds: 120 });
  if (code !== 0) throw new Error(`${compiler} ${source} failed:\n${err}`);
  renameSync(fresh, target);
}

/**
 * Path of a fault program, compiled if it is not there yet: its name carries a hash of everything it is made from.
 * With a breakage it is compiled against a header that has it.
 */
export async function program(name: 'stepper' | 'race' | 'peer' | 'damage', breakage?: Breakage): Promise<string> {
  const header = breakage === undefined ? headerText : breakHeader(headerText, breakage);
  const hash = createHash('sha256')
    .update(JSON.stringify([header, sources(), flags]))
    .digest('hex')
    .slice(0, 16);
  const target = join(out, `${name}-${hash}`);
  if (existsSync(target)) return target;
  const include = join(out, `include-${hash}`);
  mkdirSync(include, { recursive: true });
  writeFileSync(join(include, 'framelane.h'), header);
  // What is broken may well leave functions unused; what is shipped compiles without a warning.
  const strict = breakage === undefined ? ['-Werror'] : ['-w'];
  await compile(`${name}.cc`, target, [...strict, '-static', `-I${include}`]);
  return target;
}
