import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pacer } from '../../src/net/index.js';

/** When each packet of a unit may leave, asking at every `next` as the queue does. */
function departures(pacer: Pacer, packets: number, bytes: number, from: number): number[] {
  pacer.arrive(from);
  pacer.begin(packets, bytes, from);
  const times: number[] = [];
  for (let now = from; times.length < packets; now = Math.max(pacer.next(now), now + 1e-6)) {
    while (times.length < pacer.due(now, false)) times.push(now);
  }
  return times;
}

describe('a unit is spread', () => {
  test('in whole trains at even distances over three quarters of the interval', () => {
    const pacer = new Pacer({ interval: 20 });
    const times = departures(pacer, 460, 460 * 1400, 1000);
    const trains = [...new Set(times)];
    expect(trains).toHaveLength(29);
    expect(times.filter((time) => time === trains[3])).toHaveLength(16);
    trains.forEach((time, index) => {
      expect(time).toBeCloseTo(1000 + (index * 15) / 29, 3);
    });
  });

  test('over the part of the interval that was asked for', () => {
    const times = departures(new Pacer({ interval: 40, spread: 0.25 }), 100, 140_000, 0);
    expect(Math.max(...times)).toBeLessThan(10);
    expect(Math.max(...times)).toBeGreaterThan(5);
  });

  test('not at all when one train holds it', () => {
    expect(departures(new Pacer({ interval: 20 }), 16, 16 * 1400, 5)).toEqual(Array(16).fill(5));
  });

  test('by a bit rate, across units', () => {
    const pacer = new Pacer({ bitsPerSecond: 8_000_000 });
    departures(pacer, 92, 92 * 1400, 0);
    // 128,800 bytes at a megabyte a second: the next unit begins after 128.8 ms, although it is there already.
    const second = departures(pacer, 46, 46 * 1400, 1);
    expect(second[0]).toBeCloseTo(128.8, 3);
  });
});

test('what is due never shrinks, never waits beyond the interval, and never exceeds the unit', () => {
  const unit = fc.record({
    packets: fc.integer({ min: 1, max: 5000 }),
    packetBytes: fc.integer({ min: 13, max: 9000 }),
    interval: fc.double({ min: 0.1, max: 100, noNaN: true }),
    looks: fc.array(fc.double({ min: 0, max: 120, noNaN: true }), { maxLength: 30 }),
  });
  fc.assert(
    fc.property(unit, ({ packets, packetBytes, interval, looks }) => {
      const pacer = new Pacer({ interval });
      pacer.begin(packets, packets * packetBytes, 0);
      const due = [...looks].sort((a, b) => a - b).map((time) => pacer.due(time, false));
      expect(due).toEqual([...due].sort((a, b) => a - b));
      expect(pacer.due(0, false)).toBeGreaterThan(0);
      expect(pacer.due(interval, false)).toBe(packets);
      for (const time of looks) expect(pacer.next(time)).toBeLessThanOrEqual(Math.max(time, interval * 0.751));
    }),
  );
});

describe('the interval is learnt', () => {
  const learnt = (gaps: readonly number[]): number => {
    const pacer = new Pacer();
    let now = 0;
    pacer.arrive(now);
    for (const gap of gaps) {
      now += gap;
      pacer.arrive(now);
    }
    return pacer.interval;
  };

  test('from when units come', () => expect(learnt(Array(60).fill(40))).toBeCloseTo(40, 1));
  test('so that one late unit changes little', () => {
    expect(learnt([...Array(60).fill(16), 50, 16, 16])).toBeLessThan(20);
  });
  test('as a tenth of a second at most: rare units would only be late', () => {
    expect(learnt(Array(60).fill(5000))).toBeLessThanOrEqual(100);
  });
  test('unless it is given', () => {
    const pacer = new Pacer({ interval: 25 });
    pacer.arrive(0);
    pacer.arrive(1);
    expect(pacer.interval).toBe(25);
  });
});
