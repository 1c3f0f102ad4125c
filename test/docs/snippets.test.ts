import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWith } from '../python.js';
import { qtFlags } from '../qt/peer.js';
import { runLanguages, type Snippet, snippetsOf } from './snippet.js';

const root = resolve(import.meta.dirname, '../..');
const pagesIn = async (folder: string) =>
  (await readdir(join(root, folder), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const pages = ['README.md', 'python/README.md', ...(await pagesIn('docs')), ...(await pagesIn('examples'))].filter(
  (page) => existsSync(join(root, page)),
);
const runnable: readonly string[] = runLanguages;

/** Inside the checkout, so that `framelane/ring` resolves to it. */
const place = join(root, 'build', `snippets-${process.pid}`);
let rings: string;
let environment: NodeJS.ProcessEnv;
const background: ChildProcess[] = [];

beforeAll(async () => {
  await mkdir(join(place, 'bin'), { recursive: true });
  await mkdir(join(place, 'tmp'));
  const launcher = join(place, 'bin/framelane');
  await writeFile(launcher, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/framelane.mjs')}" "$@"\n`);
  await chmod(launcher, 0o755);
  const python = join(place, 'bin/python3');
  await writeFile(python, `#!/bin/sh\nexec "${interpreter()}" "$@"\n`);
  await chmod(python, 0o755);
  rings = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'snippets-'));
  environment = {
    ...process.env,
    PATH: `${join(place, 'bin')}:${process.env.PATH}`,
    PYTHONPATH: join(root, 'python'),
    FRAMELANE_SHM_DIR: rings,
    TMPDIR: join(place, 'tmp'), // key files of QSharedMemory too
  };
});

afterAll(async () => {
  await stopAll();
  await rm(place, { recursive: true, force: true });
  await rm(rings, { recursive: true, force: true });
});

/** By its whole path: our own `python3` is first on the PATH. */
function interpreter(): string {
  const python = pythonWith('numpy') ?? 'python3';
  return execFileSync(python, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
}

async function stopAll(): Promise<void> {
  await Promise.all(background.splice(0).map((child) => stop(child)));
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('close', () => resolve());
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), 5000).unref();
  });
}

/** Flags of the newest Qt that is there. */
const anyQt = qtFlags('6') ?? qtFlags('5');
const usesQt = ({ language, text }: Snippet) => language === 'cpp' && text.includes('framelane_qt.h');

/** The command that runs a block, after its text was written to a file. */
async function commandOf(snippet: Snippet): Promise<string[]> {
  const stem = `${snippet.page.replaceAll(/\W/g, '-')}-${snippet.line}`;
  const file = (ending: string) => join(place, `${stem}.${ending}`);
  switch (snippet.language) {
    case 'sh':
      return ['bash', '-ec', snippet.text];
    case 'ts':
      await writeFile(file('mts'), snippet.text);
      return [process.execPath, '--import', 'tsx', file('mts')];
    case 'python':
      await writeFile(file('py'), snippet.text);
      return [join(place, 'bin/python3'), '-u', file('py')];
    default: {
      await writeFile(file(snippet.language), snippet.text);
      const compiler = snippet.language === 'c' ? ['gcc', '-std=c11'] : ['g++', '-std=c++17'];
      const qt = usesQt(snippet) ? (anyQt as string[]) : [];
      await finish([
        ...compiler,
        '-Wall',
        '-O1',
        `-I${join(root, 'include')}`,
        file(snippet.language),
        '-o',
        file('out'),
        ...qt,
      ]);
      return [file('out')];
    }
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function start(command: string[]): Running {
  let output = '';
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: place,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.on('data', (data) => {
    output += data;
  });
  child.stderr?.on('data', (data) => {
    output += data;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { child, output: () => output, ended };
}

const pause = (ms: number) => new Promise<'time'>((resolve) => setTimeout(() => resolve('time'), ms));

async function finish(command: string[]): Promise<void> {
  const { child, output, ended } = start(command);
  const code = await Promise.race([ended, pause(60_000)]);
  if (code === 'time') await stop(child);
  expect(code, output()).toBe(0);
}

async function runForSeconds(command: string[], seconds: number): Promise<void> {
  const { child, output, ended } = start(command);
  // Compilers and interpreters need their time on a busy machine: the clock runs from the first line printed.
  for (let waited = 0; output() === '' && waited < 20_000 && child.exitCode === null; waited += 50) await pause(50);
  const code = await Promise.race([ended, pause(seconds * 1000)]);
  await stop(child);
  expect(code, output()).toBe('time');
  expect(output()).not.toBe('');
}

async function run(snippet: Snippet): Promise<void> {
  const [word, argument] = snippet.directive.split(' ');
  if (word === 'file') return;
  const command = await commandOf(snippet);
  if (word === 'background') {
    const running = start(command);
    background.push(running.child);
    const code = await Promise.race([running.ended, pause(1500)]);
    expect(code, running.output()).toBe('time');
  } else if (word === 'for') {
    await runForSeconds(command, Number(argument));
  } else {
    expect(['run', 'files'], `directive "${snippet.directive}"`).toContain(word);
    await finish(command);
  }
}

describe.each(pages)('%s', (page) => {
  it('has snippets that run as they stand', { timeout: 300_000 }, async (context) => {
    const snippets = snippetsOf(page, await readFile(join(root, page), 'utf8')).filter(({ language }) =>
      runnable.includes(language),
    );
    if (anyQt === undefined && snippets.some(usesQt)) return context.skip('no Qt for C++');
    for (const { directive, text } of snippets) {
      if (directive.startsWith('file ')) await writeFile(join(place, directive.slice(5)), text);
    }
    for (const snippet of snippets) {
      await run(snippet).catch((error: Error) => {
        error.message = `${page}:${snippet.line}: ${error.message}`;
        throw error;
      });
    }
    await stopAll();
    expect(await readdir(rings)).toEqual([]);
  });
});
