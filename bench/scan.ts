import { native } from '../src/native.js';
import type { BenchOptions } from './main.js';
import { machine } from './ring/machine.js';
import { median } from './ring/statistics.js';
import { contenders, framelane } from './scan/contenders.js';
import { fastestRead, type Rounds, race, spread, timesAsFast } from './scan/race.js';
import { loadRivals } from './scan/rivals.js';
import { type StreamName, streams } from './scan/streams.js';

/**
 * `npm run bench -- scan`: all NAL units of a buffer, through the TypeScript API with the call, against reading the same
 * memory and against other searches. CPU time of the thread, medians of rounds in which contenders take turns.
 */
export async function run({ json, quick }: BenchOptions): Promise<void> {
  const all = contenders(loadRivals());
  const seen = machine();
  console.log(`start codes, Gbit/s (spread), by ${native().scanKernel()}; CPU time of one thread\n`);
  const results = new Map<StreamName, Rounds>();
  for (const stream of streams) {
    process.stderr.write(`bench: ${stream.name}\n`);
    const rounds = race(stream, all, quick ? 7 : stream.bytes > 1e8 ? 25 : 101);
    results.set(stream.name, rounds);
    console.log(table(stream.name, stream.bytes, rounds));
  }
  const figures = summarise(results);
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(24)} ${value}`);
  if (json) console.log(JSON.stringify({ bench: 'scan', ...figures, gbits: allSpeeds(results), machine: seen }));
}

const gbits = (bytes: number, ns: readonly number[]) => (8 * bytes) / median(ns);

function table(name: string, bytes: number, rounds: Rounds): string {
  const limit = fastestRead(rounds);
  const lines = [...rounds].map(([contender, ns]) => {
    const speed = gbits(bytes, ns).toFixed(1).padStart(8);
    const remark = contender === limit ? '  the read limit' : '';
    return `  ${contender.padEnd(24)} ${speed}  (${spread(ns).toFixed(0)}%)${remark}`;
  });
  return [name, ...lines, ''].join('\n');
}

/** The figures that are promised. */
function summarise(results: ReadonlyMap<StreamName, Rounds>): Record<string, number> {
  const rounds = (name: StreamName) => results.get(name) as Rounds;
  const ours = (name: StreamName) => rounds(name).get(framelane) ?? [];
  const limitFraction = (name: StreamName) => timesAsFast(ours(name), rounds(name).get(fastestRead(rounds(name))));
  const overRival = (name: StreamName, rival: string) => timesAsFast(ours(name), rounds(name).get(rival));
  const denseOver = (dense: StreamName, sparse: StreamName) => median(ours(sparse)) / median(ours(dense));
  const figures = {
    readLimitFraction754MB: limitFraction('754MB'),
    readLimitFraction100KB: limitFraction('100KB'),
    readLimitFraction1MB: limitFraction('1MB'),
    overIndexOf100KB: overRival('100KB', 'Buffer.indexOf'),
    overIndexOf754MB: overRival('754MB', 'Buffer.indexOf'),
    denseOverSparse: Math.min(denseOver('100KB dense', '100KB'), denseOver('1MB dense', '1MB')),
    overLibavcodec100KB: overRival('100KB', 'libavcodec'),
    overGStreamer100KB: overRival('100KB', 'GStreamer'),
  };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(1000 * value) / 1000]));
}

function allSpeeds(results: ReadonlyMap<StreamName, Rounds>): Record<string, Record<string, number>> {
  return Object.fromEntries(
    streams.map(({ name, bytes }) => {
      const speeds = [...(results.get(name) as Rounds)].map(([contender, ns]) => [
        contender,
        Math.round(gbits(bytes, ns)),
      ]);
      return [name, Object.fromEntries(speeds) as Record<string, number>];
    }),
  );
}
