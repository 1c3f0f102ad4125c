import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pixelFormatCodes } from '../../src/frame/index.js';
import { ringName } from '../ring/names.js';
import { compile, hasCompiler, root, run, sanitizers } from './compiler.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-c-'));

/** Runs a check on a ring of its own, which must not be left behind. */
function check(program: string, name: string): string {
  const ring = ringName();
  const { status, signal, stdout, stderr } = run(program, name, ring);
  const left = existsSync(`/dev/shm/framelane.${ring}`);
  rmSync(`/dev/shm/framelane.${ring}`, { force: true });
  expect(stderr).toBe('');
  expect(signal ?? status).toBe(0);
  expect(left).toBe(false);
  return stdout;
}

for (const [compiler, standard, source] of [
  ['gcc', 'c11', 'checks.c'],
  ['g++', 'c++17', 'checks.cpp'],
] as const) {
  const there = hasCompiler(compiler);
  describe.skipIf(!there)(there ? source : `${source} (no ${compiler})`, () => {
    const program = join(folder, source.replace('.', '-'));
    if (there) compile(compiler, standard, `${root}test/c/${source}`, program, ...sanitizers(compiler));
    const names = there ? run(program).stdout.trim().split('\n') : [];

    it('has checks', () => {
      expect(names.length).toBeGreaterThan(5);
    });

    for (const name of names) {
      it(name.replaceAll('-', ' '), () => {
        const said = check(program, name);
        if (name !== 'every-format-by-name') return;
        const formats = said
          .trim()
          .split('\n')
          .map((line) => line.split(' '));
        expect(Object.fromEntries(formats.map(([format, code]) => [format, Number(code)]))).toEqual(pixelFormatCodes);
      });
    }
  });
}
