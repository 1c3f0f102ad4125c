import { describe, expect, it } from 'vitest';
import { catchCredulous, corrupt } from '../faults/damage.js';
import { formatRow, isGood, type Row } from '../faults/finding.js';
import { killAtRandom } from '../faults/kill.js';
import { catchBroken, raceUnbroken, stepThrough } from '../faults/ptrace.js';

/** The short versions of `npm run faults`; the choice of instructions and bits differs from run to run. */
const seed = Date.now() % 1_000_000;
const minutes = 60_000;

const expectGood = (rows: readonly Row[]) => {
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter((row) => !isGood(row)).map(formatRow), `seed ${seed}`).toEqual([]);
};

describe('a ring under faults', () => {
  it(
    'keeps its promises when either side is killed or raced between any two instructions',
    async () => expectGood(await stepThrough({ stride: 97, seed, raceSeconds: 0 })),
    4 * minutes,
  );

  it(
    'keeps every frame whole at full speed on two processors',
    async () => expectGood(await raceUnbroken({ stride: 1, seed, raceSeconds: 2 })),
    minutes,
  );

  it(
    'keeps frames whole, numbers and slots when peers in C, Node and Python are killed -9',
    async () => expectGood(await killAtRandom({ kills: 150, seed })),
    3 * minutes,
  );

  it(
    'gives a value or a typed error for any flipped bit, in C, Node and Python',
    async () => expectGood(await corrupt({ stride: 61, seed })),
    3 * minutes,
  );
});

describe('the campaigns', () => {
  it('catch every step that is taken out of the protocol', async () => expectGood(await catchBroken()), 4 * minutes);
  it('catch checks that are taken out of the header', async () => expectGood(await catchCredulous()), 2 * minutes);
});
