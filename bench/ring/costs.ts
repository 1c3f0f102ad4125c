import { spawnSync } from 'node:child_process';
import { programPath } from './child.js';
import { pictures } from './picture.js';
import type { Workshop } from './workshop.js';

/** What calls cost, hot, in one process, in ns. */
export interface Costs {
  /** Borrow a slot, publish, wake: with 8 readers that do not sleep. */
  readonly publishWith8Readers: number;
  /** Pin and unpin: in C the two steps of the protocol; in Node the two calls that hold a frame and give it back. */
  readonly pinUnpin: number;
  /** Take a frame and release it, as programs do; its pixels are not asked for. */
  readonly takeRelease: number;
  /** The same with the pixels (Node). */
  readonly takeLookRelease?: number;
  /** A memcpy of a 1080p frame between two buffers in the cache, in microseconds (C). */
  readonly memcpy_us?: number;
}

function ask(command: string, ...args: readonly string[]): Costs {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${args[0]}: ${stderr}`);
  return JSON.parse(stdout) as Costs;
}

/** Measures them in C and in Node. */
export function measureCosts(workshop: Workshop, batches: number): Readonly<Record<'c' | 'node', Costs>> {
  const bytes = String(pictures['1080p'].bytes);
  return {
    c: ask(workshop.program('costs.c'), workshop.ring('costs-c'), String(batches), bytes),
    node: ask(process.execPath, programPath('costs.mjs'), workshop.ring('costs-node'), String(batches)),
  };
}
