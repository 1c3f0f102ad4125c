import { expect, test } from 'vitest';
import { RepeatFilter } from '../../../src/tine/net/repeat-filter.js';

const repeats = (marks: [frameNumber: number, seconds: number][]): boolean[] => {
  const filter = new RepeatFilter();
  return marks.map(([frameNumber, seconds]) => filter.isRepeat({ frameNumber, seconds, microseconds: 0 }));
};

test('where numbers count, the number decides, whatever the time', () => {
  expect(
    repeats([
      [1, 10],
      [2, 11],
      [2, 12],
      [3, 13],
    ]),
  ).toEqual([false, false, true, false]);
});

test('where the number never changes, images of another time are new', () => {
  expect(
    repeats([
      [7, 10],
      [7, 11],
      [7, 11],
      [7, 12],
    ]),
  ).toEqual([false, false, true, false]);
});

test('without number and time nothing is taken for a repeat', () => {
  expect(
    repeats([
      [0, 0],
      [0, 0],
      [0, 0],
    ]),
  ).toEqual([false, false, false]);
});

test('without a number the time decides', () => {
  expect(
    repeats([
      [0, 10],
      [0, 10],
      [0, 11],
    ]),
  ).toEqual([false, true, false]);
});
