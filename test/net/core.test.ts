import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hasCompiler, root, run, sanitizers } from '../c/compiler.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-net-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const core = join(root, 'native/core');
const parts = readdirSync(core).filter((name) => /^(udp|send_plan).*\.cc$/.test(name));

test.skipIf(!hasCompiler('g++'))(
  'packets are transformed on every path, and random plans touch no memory but theirs (skipped without g++)',
  () => {
    const program = join(folder, 'core');
    const sources = [join(root, 'test/net/core.cc'), ...parts.map((name) => join(core, name))];
    const flags = ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-O1', ...sanitizers('g++'), `-I${core}`];
    expect(run('g++', ...flags, '-o', program, ...sources)).toMatchObject({ stderr: '', status: 0 });
    expect(run(program)).toMatchObject({ stderr: '', status: 0, signal: null });
  },
  90_000,
);
