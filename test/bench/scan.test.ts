import { describe, expect, it } from 'vitest';
import { contenders, framelane } from '../../bench/scan/contenders.js';
import { fastestRead, race, timesAsFast } from '../../bench/scan/race.js';
import { loadRivals } from '../../bench/scan/rivals.js';
import { makeStream, type Stream } from '../../bench/scan/streams.js';
import { hasCompiler } from '../c/compiler.js';

const stream: Stream = { name: '100KB dense', bytes: 50_000, gap: 700 };

describe('streams of the scan benchmark', () => {
  it('have start codes where they should, and nowhere else', () => {
    const found: number[] = [];
    const data = makeStream(stream.bytes, stream.gap);
    for (let at = 0; at + 2 < data.length; at++) {
      if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) found.push(at);
    }
    expect(found).toEqual(Array.from({ length: 72 }, (_, i) => 700 * i + 1));
  });
});

describe.skipIf(!hasCompiler('g++'))('a round of the scan benchmark (g++)', () => {
  it('has contenders that find the same and take time', () => {
    const rounds = race(stream, contenders(loadRivals()), 2);
    expect([...rounds.keys()]).toEqual(expect.arrayContaining([framelane, 'Buffer.indexOf', 'byte loop in C']));
    for (const ns of rounds.values()) expect(Math.min(...ns)).toBeGreaterThan(0);
    expect(fastestRead(rounds)).toMatch(/^read/);
  });

  it('ends when a contender misses a start code', () => {
    const blind = new Map([['blind', () => ({ ns: 1, found: 71 })]]);
    expect(() => race(stream, blind, 1)).toThrow('blind finds 71 start codes, not 72');
  });

  it('compares round by round', () => {
    expect(timesAsFast([1, 2, 4], [2, 6, 4])).toBe(2);
  });
});
