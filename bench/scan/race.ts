import { median, percentile } from '../ring/statistics.js';
import type { Contender } from './contenders.js';
import { makeStream, type Stream } from './streams.js';

/** CPU ns of one pass over the stream, a number a round. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

/** Bytes that a contender searches between two looks at the clock. */
const bytesAtATime = 40e6;

const isReading = (name: string) => name.startsWith('read');

/**
 * Lets contenders take turns over the same bytes, so that a noisy moment hits them all. The first round is for warming up.
 * Throws when one finds another number of start codes.
 */
export function race(stream: Stream, all: ReadonlyMap<string, Contender>, rounds: number): Rounds {
  const data = makeStream(stream.bytes, stream.gap);
  const wanted = Math.ceil(stream.bytes / stream.gap);
  const times = Math.max(1, Math.round(bytesAtATime / stream.bytes));
  const samples = new Map<string, number[]>([...all.keys()].map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, contender] of all) {
      const slow = !(name === 'framelane' || isReading(name)); // what is quick needs the more passes
      const passes = slow ? Math.max(1, times >> 3) : times;
      const { ns, found } = contender(data, passes);
      if (!isReading(name) && found !== wanted) throw new Error(`${name} finds ${found} start codes, not ${wanted}`);
      if (round >= 0) samples.get(name)?.push(ns / passes);
    }
  }
  return samples;
}

/** The reader with the shortest time: the limit. */
export function fastestRead(rounds: Rounds): string {
  const readers = [...rounds.keys()].filter(isReading);
  return readers.reduce((a, b) => (median(rounds.get(a) ?? []) <= median(rounds.get(b) ?? []) ? a : b));
}

/** How many times as fast as `slow` `fast` is: the median of the ratios of each round. */
export function timesAsFast(fast: readonly number[] = [], slow: readonly number[] = []): number {
  return median(slow.map((ns, round) => ns / (fast[round] ?? Number.NaN)));
}

/** Half of the rounds lie in a range this wide, in percent of the median. */
export function spread(ns: readonly number[]): number {
  return (100 * (percentile(ns, 0.75) - percentile(ns, 0.25))) / median(ns);
}
