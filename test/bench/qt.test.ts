import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chartFile, chartOf, newestResults } from '../../bench/qt/chart.js';

it('the picture in the docs shows the newest results', () => {
  expect(readFileSync(chartFile, 'utf8')).toBe(chartOf(newestResults()));
});

it('the results reach what the docs promise', () => {
  const { qdatastreamOverRing, imageListOverMemcpy } = newestResults();
  expect(qdatastreamOverRing.noisy).toBeGreaterThan(2000);
  expect(qdatastreamOverRing.clean).toBeGreaterThan(200);
  expect(imageListOverMemcpy).toBeLessThan(1.2);
});
