import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../ring/tools.js';

/** The rivals in C, in an addon of the benchmark's own: bench/scan/native/rivals.cc. */
export interface Rivals {
  /** CPU time of this thread, ns. */
  cpuNs(): number;
  /** Names of those that run on this machine; the ones that begin with `read` are the read limit. */
  contenders(): string[];
  /** Runs one `times` over the data; CPU ns of all passes and start codes of one go `into`. */
  measure(name: string, data: Uint8Array, times: number, into: Float64Array): void;
}

const sources = `${root}bench/scan/native`;

/** Compiles them when they changed, and loads them. Throws with the compiler's words. */
export function loadRivals(): Rivals {
  const folder = join(root, 'build/bench');
  const addon = join(folder, 'scan-rivals.node');
  const newest = Math.max(...readdirSync(sources).map((file) => statSync(join(sources, file)).mtimeMs));
  if (!existsSync(addon) || statSync(addon).mtimeMs < newest) {
    mkdirSync(folder, { recursive: true });
    compile(addon);
  }
  return createRequire(import.meta.url)(addon) as Rivals;
}

function compile(addon: string): void {
  const compiler = process.env.CXX ?? 'g++';
  const headers: string = createRequire(import.meta.url)('node-api-headers').include_dir;
  const flags = ['-std=c++20', '-O2', '-fPIC', '-shared', '-Wall', '-Wextra', '-DNAPI_VERSION=8', `-I${headers}`];
  const files = ['rivals.cc', 'read.cc'].map((file) => join(sources, file));
  const { status, stderr, error } = spawnSync(compiler, [...flags, '-o', addon, ...files, '-ldl'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${compiler}: ${error?.message ?? stderr}`);
}
