import { describe, expect, it } from 'vitest';
import { formatRow, isGood } from '../faults/finding.js';
import { breakModel, noSpin, searchModel, spinIsHere } from '../faults/model.js';

const here = await spinIsHere();
const minutes = 60_000;

describe('the model of the protocol', () => {
  it(
    'has no state with a torn, changed or missing frame, a repeated number or a lost wake',
    async ({ skip }) => {
      if (!here) skip(noSpin);
      const rows = await searchModel({ long: false });
      for (const row of rows) console.log(formatRow(row));
      expect(rows.filter((row) => !isGood(row)).map(formatRow)).toEqual([]);
    },
    5 * minutes,
  );

  it(
    'has a counterexample for each step that is taken out',
    async ({ skip }) => {
      if (!here) skip(noSpin);
      const rows = await breakModel();
      expect(rows.filter((row) => !isGood(row)).map(formatRow)).toEqual([]);
    },
    5 * minutes,
  );
});
