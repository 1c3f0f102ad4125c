import { expect, test } from 'vitest';
import { didYouMean, editDistance, nearestWord } from '../../src/endpoints/nearest.js';

test.each([
  ['', '', 0],
  ['fps', 'fps', 0],
  ['fsp', 'fps', 1],
  ['frmes', 'frames', 1],
  ['framess', 'frames', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['ca', 'abc', 3],
])('from "%s" to "%s" it takes %i', (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
  expect(editDistance(to, from)).toBe(distance);
});

test('the nearest word is named, one that is far off is not', () => {
  expect(nearestWord('szie', ['fps', 'size', 'format'])).toBe('size');
  expect(nearestWord('FORMAT', ['fps', 'size', 'format'])).toBe('format');
  expect(nearestWord('banana', ['fps', 'size', 'format'])).toBeUndefined();
  expect(nearestWord('x'.repeat(10_000), ['fps'])).toBeUndefined();
});

test('without a near word all known ones are listed', () => {
  expect(didYouMean('banana', ['fps', 'size'])).toBe('known: fps, size');
  expect(didYouMean('banana', [])).toBe('there are none');
});
