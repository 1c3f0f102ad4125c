import { expect, test } from 'vitest';
import { calculatedInterval, randomizedInterval } from '../../../src/rtp/rtcp/interval.js';

/** RFC 3550 section 6.3.1, by its examples: 5% of 64 kbit/s in bytes a second, packets of 200 bytes. */
const bandwidth = 400;

test('while senders are few, they share a quarter of the bandwidth and the others the rest', () => {
  const group = { members: 100, senders: 4 };
  expect(calculatedInterval({ ...group, weSent: true }, 200, bandwidth, 0)).toBe((1000 * 4 * 200) / 100);
  expect(calculatedInterval({ ...group, weSent: false }, 200, bandwidth, 0)).toBe((1000 * 96 * 200) / 300);
});

test('when senders are more than a quarter, all share alike', () => {
  for (const weSent of [true, false]) {
    expect(calculatedInterval({ members: 10, senders: 3, weSent }, 200, bandwidth, 0)).toBe((1000 * 10 * 200) / 400);
  }
});

test('nobody is faster than the minimum', () => {
  expect(calculatedInterval({ members: 2, senders: 1, weSent: true }, 100, 1e6, 5_000)).toBe(5_000);
});

test('intervals are spread over 0.5 to 1.5 of the calculated one, shortened by e - 3/2', () => {
  expect(randomizedInterval(1_000, 0)).toBeCloseTo(500 / 1.21828, 2);
  expect(randomizedInterval(1_000, 1)).toBeCloseTo(1_500 / 1.21828, 2);
});
