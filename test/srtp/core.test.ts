import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hasCompiler, root, run, sanitizers } from '../c/compiler.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-srtp-core-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const core = join(root, 'native/core');
const parts = readdirSync(core).filter((name) =>
  /^(aes_vaes|hmac_sha1|packet_cipher|plan_sealer|send_plan|srtp_transform).*\.cc$/.test(name),
);
// The functions of OpenSSL that are used are weak: the linker would leave the library out.
const openssl = ['-Wl,--no-as-needed', '-lcrypto'];
const source = join(root, 'test/srtp/core.cc');
const linked = (): boolean =>
  hasCompiler('g++') && run('g++', '-shared', '-o', join(folder, 'nothing.so'), ...openssl).status === 0;

test.skipIf(!linked())(
  'ciphers touch no memory but theirs at any length, whatever plans say (skipped without g++ and libssl-dev)',
  () => {
    const program = join(folder, 'core');
    const flags = ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-O1', ...sanitizers('g++'), `-I${core}`];
    const sources = [source, ...parts.map((name) => join(core, name))];
    expect(run('g++', ...flags, '-o', program, ...sources, ...openssl)).toMatchObject({ stderr: '', status: 0 });
    expect(run(program)).toMatchObject({ stderr: '', status: 0, signal: null });
  },
  120_000,
);

test.skipIf(!hasCompiler('aarch64-linux-gnu-g++'))(
  'everything compiles for processors without those instructions (skipped without a compiler for ARM)',
  () => {
    const flags = ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', `-I${core}`];
    for (const name of parts) {
      expect(run('aarch64-linux-gnu-g++', ...flags, join(core, name))).toMatchObject({ stderr: '', status: 0 });
    }
  },
  60_000,
);
