import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row } from './finding.js';
import { run } from './programs.js';

const model = fileURLToPath(new URL('../model/ring.pml', import.meta.url));

/** One exhaustive search: what the model is made of. */
interface Search {
  readonly what: string;
  readonly flags: readonly string[];
  /** Only in the long run. */
  readonly long?: boolean;
}

const size = (slots: number, readers: number, frames: number) => [
  `-DSLOTS=${slots}`,
  `-DREADERS=${readers}`,
  `-DPUBLISHED=${frames}`,
];
const [lossless, killProducer, killReader] = ['-DLOSSLESS', '-DKILL_PRODUCER', '-DKILL_READER'];

const searches: readonly Search[] = [
  { what: 'lossy, 2 slots, 2 readers, 3 frames', flags: size(2, 2, 3) },
  { what: 'lossless, 2 slots, 2 readers, 3 frames', flags: [...size(2, 2, 3), lossless] },
  { what: 'lossy, 3 slots, producer may die', flags: [...size(3, 1, 4), killProducer] },
  { what: 'lossless, 2 slots, producer may die', flags: [...size(2, 1, 3), lossless, killProducer] },
  { what: 'lossless, 2 slots, 2 readers, one may die', flags: [...size(2, 2, 3), lossless, killReader], long: true },
  { what: 'lossless, 3 slots, producer may die', flags: [...size(3, 1, 4), lossless, killProducer], long: true },
  { what: 'lossy, 3 slots, 2 readers, 4 frames', flags: size(3, 2, 4), long: true },
  { what: 'lossy, both may die', flags: [...size(3, 1, 4), killProducer, killReader], long: true },
];

/** Ways to break the model, and the smallest search that shows each. */
const broken: readonly (readonly [flag: string, flags: readonly string[]])[] = [
  ['NO_PIN_FENCE', size(2, 1, 4)],
  ['NO_PIN_LOOK', size(2, 1, 4)],
  ['NO_ACQUIRE_FENCE', size(2, 1, 4)],
  ['NO_ACQUIRE_LOOK', size(2, 1, 4)],
  ['BELIEVE_LATEST', [...size(2, 1, 3), killProducer]],
  ['DEAD_HOLD', [...size(2, 2, 3), lossless, killReader]],
  ['LATE_NOTIFY', size(2, 1, 3)],
  ['CURSOR_FIRST', [...size(2, 1, 4), lossless]],
  ['NO_WAITING_LOOK', [...size(2, 1, 4), lossless]],
  ['NO_WAITING_FENCE', [...size(2, 1, 4), lossless]],
];

/** Whether spin and the compiler that it needs are here. */
export async function spinIsHere(): Promise<boolean> {
  const works = async (tool: string, word: string) =>
    run(tool, [word], { seconds: 10 }).then(
      ({ code }) => code === 0,
      () => false,
    );
  return (await works('spin', '-V')) && (await works('gcc', '--version'));
}

/** Why the model is not searched where it is not. */
export const noSpin = 'needs spin and gcc: apt-get install spin gcc';

interface Searched {
  readonly states: number;
  readonly errors: number;
  readonly words: string;
}

/** Makes the verifier of the model with these flags and runs it to the end, or to the first counterexample. */
async function search(flags: readonly string[], optimised = true): Promise<Searched> {
  const folder = mkdtempSync(join(tmpdir(), 'framelane-spin-'));
  try {
    const inFolder = (line: string, seconds: number) => run('sh', ['-c', `cd '${folder}' && ${line}`], { seconds });
    const made = await inFolder(
      `cp '${model}' ring.pml && spin ${flags.join(' ')} -a ring.pml && gcc ${optimised ? '-O2' : '-O0'} -w -DSAFETY -DCOLLAPSE -o pan pan.c`,
      60,
    );
    if (made.code !== 0 || !existsSync(join(folder, 'pan'))) throw new Error(`spin: ${made.out}${made.err}`);
    const { out } = await inFolder('exec ./pan -m1000000', 600);
    const number = (pattern: RegExp) => Number(pattern.exec(out)?.[1] ?? Number.NaN);
    const [states, errors] = [number(/(\d+) states, stored/), number(/errors: (\d+)/)];
    if (Number.isNaN(errors) || /depth too small|out of memory/.test(out))
      throw new Error(`the search did not end:\n${out}`);
    return { states, errors, words: /pan:\d+: (.*) \(at depth/.exec(out)?.[1] ?? '' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const row = (what: string, { states, errors, words }: Searched, mustFind: boolean): Row => {
  return { campaign: 'model', what, tried: states, unit: 'states', found: errors, mustFind, note: words };
};

/** Every state of the model, in both modes, with deaths; `long` takes minutes. */
export async function searchModel({ long }: { readonly long: boolean }): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { what, flags, long: only } of searches) {
    if (long || only !== true) rows.push(row(what, await search(flags), false));
  }
  return rows;
}

/** Each step taken out of the model must give a counterexample. */
export async function breakModel(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [flag, flags] of broken) rows.push(row(`-D${flag}`, await search([...flags, `-D${flag}`], false), true));
  return rows;
}
