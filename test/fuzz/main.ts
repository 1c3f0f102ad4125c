/**
 * Long-running fuzz: `npm run fuzz -- tine-header|jpeg|nal|rtp [--seconds N] [--seed N]`.
 *
 * Mutates good inputs, decodes them in this process and counts what comes of it. Anything thrown that is no
 * FramelaneError is a finding: the input is saved and the exit code is 1. (A crash of the JPEG library ends the process;
 * the input that did it is then the one in `fuzz-current.bin`, written with `--save-each`.)
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FramelaneError } from '../../src/error.js';
import { Dice } from './dice.js';
import { jpegTarget } from './jpeg.js';
import { nalTarget } from './nal.js';
import { rtpTarget } from './rtp.js';
import { tineHeaderTarget } from './tine-header.js';

/** Something to fuzz. */
export interface FuzzTarget {
  /** Good inputs. */
  readonly seeds: readonly Uint8Array[];
  /** Decodes an input; throws what it throws. */
  run(input: Uint8Array): void;
}

const targets: Readonly<Record<string, () => FuzzTarget>> = {
  'tine-header': tineHeaderTarget,
  jpeg: jpegTarget,
  nal: nalTarget,
  rtp: rtpTarget,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    'save-each': { type: 'boolean', default: false },
  },
});
const make = targets[positionals[0] ?? ''];
if (make === undefined) {
  console.error(`usage: npm run fuzz -- ${Object.keys(targets).join('|')} [--seconds N] [--seed N] [--save-each]`);
  process.exit(2);
}
process.exitCode = fuzz(make(), Number(values.seconds), Number(values.seed), values['save-each']);

function fuzz(target: FuzzTarget, seconds: number, seed: number, saveEach: boolean): number {
  const dice = new Dice(seed);
  const outcomes = new Map<string, number>();
  const end = Date.now() + seconds * 1000;
  let findings = 0;
  for (let turn = 0; turn % 64 !== 0 || Date.now() < end; turn++) {
    const input = dice.mutate(dice.pick(target.seeds));
    if (saveEach) writeFileSync(join(tmpdir(), 'fuzz-current.bin'), input);
    const outcome = outcomeOf(target, input);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome.startsWith('FOUND') && findings++ < 10) save(outcome, input, seed);
  }
  const total = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${total} inputs in ${seconds} s, seed ${seed}, ${findings} findings`);
  for (const [outcome, count] of [...outcomes].sort((one, other) => other[1] - one[1]))
    console.log(`${count} ${outcome}`);
  return findings === 0 ? 0 : 1;
}

function outcomeOf(target: FuzzTarget, input: Uint8Array): string {
  try {
    target.run(input);
    return 'decoded';
  } catch (error) {
    return error instanceof FramelaneError ? error.code : `FOUND ${String((error as Error)?.stack ?? error)}`;
  }
}

function save(outcome: string, input: Uint8Array, seed: number): void {
  const path = join(tmpdir(), `fuzz-${seed}-${Date.now()}.bin`);
  writeFileSync(path, input);
  console.error(`${outcome}\ninput saved as ${path}`);
}
