import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Pair } from '../../bench/ring/contender.js';
import { efforts } from '../../bench/ring/effort.js';
import { pictures } from '../../bench/ring/picture.js';
import { ringContender } from '../../bench/ring/rings.js';
import { median, percentile, regression } from '../../bench/ring/statistics.js';
import { Workshop } from '../../bench/ring/workshop.js';

const line = Array.from({ length: 50 }, (_, i) => i);

describe('figures of the benchmark', () => {
  it('finds the middle and the slowest of a hundred', () => {
    const numbers = Array.from({ length: 100 }, (_, i) => 99 - i);
    expect(median(numbers)).toBe(50);
    expect(percentile(numbers, 0.99)).toBe(99);
    expect(median([])).toBeNaN();
  });

  it('tells a memory that grows from one that only wavers', () => {
    const wavers = regression(
      line,
      line.map((i) => 1000 + ((i * 7919) % 13)),
    );
    expect(Math.abs(wavers.slope)).toBeLessThan(wavers.within);
    const grows = regression(
      line,
      line.map((i) => 1000 + 3 * i + ((i * 7919) % 13)),
    );
    expect(grows.slope).toBeCloseTo(3, 0);
    expect(grows.slope).toBeGreaterThan(grows.within);
  });
});

describe('a round of the benchmark', () => {
  it('times frames and leaves no process and no ring behind', async () => {
    const effort = { ...efforts.quick, ringFrames: 10, warmUp: 10 };
    const picture = {
      ...pictures['1080p'],
      bytes: 64 * 8 * 4,
      spec: { format: 'bgrx32', width: 64, height: 8 },
    } as const;
    const workshop = new Workshop();
    const ring = `bench-${process.pid}-`;
    try {
      const pair = await Pair.start(
        ringContender(workshop, { key: 'test', from: 'Node', to: 'Node' }, picture, effort),
      );
      expect(readdirSync('/dev/shm').some((file) => file.includes(ring))).toBe(true);
      await pair.round(true);
      await pair.round(false);
      await pair.stop();
      // The ring is lossy: on a busy machine the reader may miss some.
      expect(pair.figures.us.length).toBeGreaterThan(0);
      expect(pair.figures.us.length).toBeLessThanOrEqual(10);
      expect(Math.min(...pair.figures.us)).toBeGreaterThan(0);
    } finally {
      workshop[Symbol.dispose]();
    }
    expect(readdirSync('/dev/shm').some((file) => file.includes(ring))).toBe(false);
  });
});
