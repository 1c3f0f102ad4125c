import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';
import { python } from './tools.js';

/** On what the figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly python: string;
  /** Load averages of 1, 5 and 15 minutes before the run. */
  readonly load: readonly number[];
}

/** This machine. */
export function machine(): Machine {
  const version = "import sys, numpy; print(sys.version.split()[0], 'numpy', numpy.__version__)";
  const seen = python === undefined ? undefined : spawnSync(python, ['-c', version], { encoding: 'utf8' }).stdout;
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.versions.node,
    python: seen?.trim() ?? 'none',
    load: loadavg().map((value) => Math.round(value * 100) / 100),
  };
}
