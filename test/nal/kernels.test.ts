import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, hasCompiler, root, run, sanitizers } from '../c/compiler.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-scan-'));
const core = `${root}native/core`;
const sources = readdirSync(core).filter((file) => /^scan.*\.cc$/.test(file));

/** Compiles the checks with the kernels; the words that start the program. */
function build(compiler: string, name: string, ...flags: string[]): string {
  const program = join(folder, name);
  const kernels = sources.map((file) => join(core, file));
  compile(compiler, 'c++20', `${root}test/nal/kernels.cc`, program, `-I${core}`, ...flags, ...kernels);
  return program;
}

/** The kernels or the checks that a program names. */
function named(words: readonly string[], kind: string): string[] {
  const [program = '', ...first] = words;
  const lines = run(program, ...first).stdout.split('\n');
  return lines.filter((line) => line.startsWith(kind)).map((line) => line.slice(kind.length + 1));
}

function expectPass(words: readonly string[], kernel: string, check: string): void {
  const [program = '', ...first] = words;
  const { status, signal, stderr } = run(program, ...first, kernel, check, '100');
  expect(stderr).toBe('');
  expect(signal ?? status).toBe(0);
}

describe.skipIf(!hasCompiler('g++'))('kernels of this processor (g++)', () => {
  const watched = [build('g++', 'watched', ...sanitizers('g++'))];
  const fast = [build('g++', 'fast', '-O2')];
  const kernels = named(watched, 'kernel');
  const checks = named(watched, 'check');

  it('are at least the portable one and those that every 64-bit processor of its kind has', () => {
    expect(kernels).toContain('portable');
    if (process.arch === 'x64') expect(kernels).toContain('sse2');
    if (process.arch === 'arm64') expect(kernels).toContain('neon');
    expect(checks.length).toBe(5);
  });

  for (const kernel of kernels) {
    for (const check of checks) {
      const words = check === 'adversarial-speed' ? fast : watched;
      it(`${kernel}: ${check.replaceAll('-', ' ')}`, () => expectPass(words, kernel, check));
    }
  }
});

const crossCompiler = 'aarch64-linux-gnu-g++';
const emulator = 'qemu-aarch64';
const emulated = process.arch === 'x64' && hasCompiler(crossCompiler) && hasCompiler(emulator);

describe.skipIf(!emulated)(`NEON (${crossCompiler}, ${emulator})`, () => {
  const words = emulated ? [emulator, build(crossCompiler, 'neon', '-O2', '-static')] : [];

  for (const check of ['every-padding', 'random-bytes', 'exact-allocations', 'adversarial-bytes']) {
    it(check.replaceAll('-', ' '), () => expectPass(words, 'neon', check));
  }
});
