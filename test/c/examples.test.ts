import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ringName } from '../ring/names.js';
import { compile, hasCompiler, root } from './compiler.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-examples-'));
const [gcc, gpp] = [hasCompiler('gcc'), hasCompiler('g++')];
const named = (what: string, there: boolean, compiler: string) => (there ? what : `${what} (no ${compiler})`);

function compiled(language: 'c' | 'cpp', name: string): string[] {
  const program = join(folder, `${name}-${language}`);
  const [compiler, standard] = language === 'c' ? (['gcc', 'c11'] as const) : (['g++', 'c++17'] as const);
  if (!existsSync(program)) {
    compile(compiler, standard, `${root}examples/${language}/${name}.${language}`, program, '-O2');
  }
  return [program];
}

const typeScript = (name: string) => [process.execPath, '--import', 'tsx', `examples/typescript/${name}.ts`];

/** Runs a program to its end; what it printed. Rejects with its complaints. */
function finish([program, ...first]: readonly string[], ...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program as string, [...first, ...words], { cwd: root, timeout: 20_000, killSignal: 'SIGKILL' });
    let [said, complained] = ['', ''];
    child.stdout.on('data', (bytes) => {
      said += bytes;
    });
    child.stderr.on('data', (bytes) => {
      complained += bytes;
    });
    child.on('close', (code, signal) =>
      code === 0 ? resolve(said) : reject(new Error(`${signal ?? code} ${complained}`)),
    );
  });
}

/** A publisher and a reader; the reader takes three frames, the publisher is told to stop by Ctrl-C. */
async function pair(publisher: readonly string[], reader: readonly string[]): Promise<string> {
  const ring = ringName();
  const [program, ...first] = publisher;
  const child = spawn(program as string, [...first, ring], { cwd: root, timeout: 20_000, killSignal: 'SIGKILL' });
  let complained = '';
  child.stderr.on('data', (bytes) => {
    complained += bytes;
  });
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
  const said = await finish(reader, ring, '3');
  child.kill('SIGINT');
  expect(complained).toBe('');
  expect(await ended).toBe(0);
  expect(existsSync(`/dev/shm/framelane.${ring}`)).toBe(false);
  return said;
}

describe('the examples run as their pages say', () => {
  it.skipIf(!gcc)(named('C to TypeScript', gcc, 'gcc'), async () => {
    const said = await pair(compiled('c', 'publish'), typeScript('subscribe'));
    expect(said).toMatch(/640x480 rgb24 from gradient, mean \d+\.\d\d/);
    expect(said).toMatch(/3 frames, \d+ missed/);
  });

  it.skipIf(!gcc)(named('TypeScript to C', gcc, 'gcc'), async () => {
    const said = await pair(typeScript('publish'), compiled('c', 'subscribe'));
    expect(said.trim().split('\n')).toHaveLength(3);
    expect(said).toMatch(/640x480 rgb24 from gradient, mean \d+\.\d\d/);
  });

  it.skipIf(!gpp)(named('C++ to C++, a number of frames without losing one', gpp, 'g++'), async () => {
    const ring = ringName();
    const reading = finish(compiled('cpp', 'subscribe'), ring);
    await finish(compiled('cpp', 'publish'), ring, '40');
    expect(await reading).toMatch(/40: 640x480 gray16le, first byte 0, camera gradient\n40 frames, 0 missed/);
  });

  it.skipIf(!gpp)(named('C++ to C++, ended by Ctrl-C', gpp, 'g++'), async () => {
    expect(await pair(compiled('cpp', 'publish'), compiled('cpp', 'subscribe'))).toMatch(/3 frames, 0 missed/);
  });

  it('with every source among them', () => {
    const sources = ['c', 'cpp', 'typescript'].flatMap((language) => readdirSync(`${root}examples/${language}`));
    expect(sources.filter((name) => /\.(c|cpp|ts)$/.test(name)).sort()).toEqual(
      ['publish.c', 'publish.cpp', 'publish.ts', 'subscribe.c', 'subscribe.cpp', 'subscribe.ts'].sort(),
    );
  });
});
