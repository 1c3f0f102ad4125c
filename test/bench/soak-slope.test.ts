import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../bench/soak/quantity.js';
import { slopeOf } from '../../bench/soak/slope.js';

const step = 4000;
const count = 250;
const iterations = step * count;

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Memory that wanders: each deviation is `memory` of the one before, and something new of up to 100 kB. */
function wandering(seed: number, memory: number, slope: number): number[] {
  const roll = dice(seed);
  let deviation = 0;
  return Array.from({ length: count }, (_, index) => {
    deviation = memory * deviation + (roll() - 0.5) * 200_000;
    return 8e7 + slope * index * step + deviation;
  });
}

describe('the slope of a soak', () => {
  it('is that of a line, exactly, with an interval of nothing', () => {
    const { slope, low, high } = slopeOf(
      Array.from({ length: count }, (_, index) => 1e8 + 106 * index * step),
      step,
    );
    expect(slope).toBeCloseTo(106, 6);
    expect(high - low).toBeLessThan(1e-6);
  });

  it('is nothing for what never changes, and that is flat', () => {
    const slope = slopeOf(new Array(count).fill(23), step);
    expect(slope).toEqual({ slope: 0, low: 0, high: 0 });
    expect(verdictOf('count', slope, iterations)).toBe('flat');
  });

  it.each([0, 0.5, 0.9])('has an interval that holds the truth in about 19 of 20 runs, memory %f', (memory) => {
    const runs = 400;
    let held = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const { low, high } = slopeOf(wandering(seed, memory, 0.3), step);
      if (low <= 0.3 && 0.3 <= high) held++;
    }
    expect(held / runs).toBeGreaterThan(memory > 0.5 ? 0.9 : 0.92);
    expect(held / runs).toBeLessThan(0.995);
  });

  it('finds a leak of 106 bytes an iteration, and one of 3, in memory that wanders', () => {
    for (const leak of [106, 3]) {
      const slope = slopeOf(wandering(7, 0.9, leak), step);
      expect(verdictOf('B', slope, iterations), JSON.stringify(slope)).toBe('grows');
    }
  });

  it('is not moved by a sample that caught a passing buffer', () => {
    const samples = new Array(count).fill(5e7);
    samples[245] = 5e8;
    expect(slopeOf(samples, step).slope).toBe(0);
  });

  it('finds a file descriptor lost every 50,000 iterations', () => {
    const samples = Array.from({ length: count }, (_, index) => 20 + Math.floor((index * step) / 50_000));
    expect(verdictOf('count', slopeOf(samples, step), iterations)).toBe('grows');
  });

  it('calls what it cannot tell unclear, not flat', () => {
    expect(verdictOf('B', { slope: 0.2, low: -2, high: 2.4 }, iterations)).toBe('unclear');
  });
});
