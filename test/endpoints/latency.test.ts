import { expect, test } from 'vitest';
import { unixTime } from '../../src/endpoints/clock.js';
import { LatencyHistogram } from '../../src/endpoints/latency.js';
import { Pacer } from '../../src/endpoints/pace.js';

test('quantiles are right to two percent, over nine decades', () => {
  for (const unit of [10, 1e4, 1e9]) {
    const histogram = new LatencyHistogram();
    for (let value = 1; value <= 1000; value++) histogram.add(value * unit);
    for (const part of [0.01, 0.5, 0.99]) {
      const expected = (part * 1000 * unit) / 1000;
      const found = histogram.quantile(part) ?? 0;
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(Math.max(0.1, 0.02 * expected));
    }
  }
});

test('without samples there is no quantile, and nonsense does no harm', () => {
  const histogram = new LatencyHistogram();
  expect(histogram.quantile(0.5)).toBeNull();
  for (const value of [-5, 0, 1e300, Number.POSITIVE_INFINITY]) histogram.add(value);
  expect(histogram.count).toBe(4);
  expect(histogram.quantile(0.5)).toBe(0);
  expect(histogram.quantile(1)).toBeGreaterThan(1e12);
});

test('the clock agrees with the system to a few milliseconds and has finer steps', () => {
  const first = unixTime();
  expect(Math.abs(Number(first / 1_000_000n) - Date.now())).toBeLessThan(50);
  const steps = new Set(Array.from({ length: 1000 }, () => unixTime()));
  expect(steps.size).toBeGreaterThan(100);
});

test('a pacer that is late catches up without a burst of more than eight frames', async () => {
  const pacer = new Pacer(1000);
  await pacer.next();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const started = performance.now();
  for (let count = 0; count < 30; count++) await pacer.next();
  expect(performance.now() - started).toBeGreaterThan(20);
});
