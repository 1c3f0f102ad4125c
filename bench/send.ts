/**
 * Sending HEVC over RTP: CPU seconds of the sending process for each gigabyte of RTP, with a receiver that takes packets
 * one by one and with one that takes whole trains (UDP_GRO). On loopback the kernel delivers within the sender's own
 * time, so the kind of receiver shows at the sender. Contenders take turns; medians of the rounds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './main.js';
import { machine } from './ring/machine.js';
import { median } from './ring/statistics.js';
import { type Cost, compiled, ffmpegSends, fileSenderCost, gstreamerSends, nodeCost, Receiver } from './rtp/rivals.js';
import { makeStream, type Stream } from './rtp/streams.js';

/** CPU seconds a gigabyte of each round, by contender. */
type Samples = Record<string, number[]>;

const kinds = ['plain', 'gro'] as const;
type Kind = (typeof kinds)[number];

/** Measures and prints; see {@link BenchOptions}. */
export async function run(options: BenchOptions): Promise<void> {
  const before = machine();
  const folder = mkdtempSync(join(tmpdir(), 'framelane-bench-'));
  const results: Record<string, Record<string, number>> = {};
  const spread: Record<string, Record<string, [number, number]>> = {};
  try {
    for (const name of ['4k', '8k'] as const) {
      const stream = makeStream(name, folder);
      console.log(`${name}: ${Math.round(stream.bytes / stream.pictures / 1000)} KB a picture`);
      for (const kind of kinds) {
        const samples = await measure(stream, kind, folder, options.quick ? 1 : 5, options.quick ? 0.3 : 0.5);
        const key = `${name}-${kind}`;
        results[key] = Object.fromEntries(Object.entries(samples).map(([who, values]) => [who, median(values)]));
        spread[key] = Object.fromEntries(
          Object.entries(samples).map(([who, values]) => [who, [Math.min(...values), Math.max(...values)]]),
        );
        show(key, results[key], spread[key] as Record<string, [number, number]>);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const figures = summarise(results);
  for (const [name, value] of Object.entries(figures))
    console.log(`${name.padEnd(16)} plain ${value.plain}   gro ${value.gro}`);
  if (options.json) {
    console.log(JSON.stringify({ bench: 'send', ...figures, cpuSecondsPerGB: results, spread, machine: before }));
  }
}

async function measure(stream: Stream, kind: Kind, folder: string, rounds: number, size: number): Promise<Samples> {
  const cpu = compiled('cpu', folder);
  await using receiver = new Receiver(compiled('receiver', folder), kind);
  const port = await receiver.port;
  const samples: Samples = {};
  const note = (who: string, { cpu, bytes }: Cost) => {
    samples[who] = [...(samples[who] ?? []), cpu / (bytes / 1e9)];
  };
  for (let round = 0; round < rounds; round++) {
    note('framelane', await nodeCost('send-framelane.mjs', [stream.file, `${port}`, `${4 * size}`]));
    note('dgram', await nodeCost('send-dgram.mjs', [stream.file, `${port}`, `${size}`]));
    note('ffmpeg', await fileSenderCost(cpu, stream, folder, size, ffmpegSends(port)));
    note('gstreamer', await fileSenderCost(cpu, stream, folder, size, gstreamerSends(port)));
  }
  return samples;
}

function show(key: string, costs: Readonly<Record<string, number>>, spread: Record<string, [number, number]>): void {
  const parts = Object.entries(costs).map(([who, value]) => {
    const [low, high] = spread[who] ?? [value, value];
    return `${who} ${value.toFixed(3)} (${low.toFixed(3)} .. ${high.toFixed(3)})`;
  });
  console.log(`${key.padEnd(9)} CPU s/GB: ${parts.join('   ')}`);
}

/** Rival over Framelane, by rival and kind of receiver: the less favourable of the two streams. */
function summarise(
  results: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Record<string, Record<Kind, number>> {
  const ratio = (rival: string, kind: Kind) => {
    const ratios = (['4k', '8k'] as const).map((name) => {
      const costs = results[`${name}-${kind}`] ?? {};
      return (costs[rival] ?? Number.NaN) / (costs.framelane ?? Number.NaN);
    });
    return Math.round(100 * Math.min(...ratios)) / 100;
  };
  const rivals = ['dgram', 'ffmpeg', 'gstreamer'];
  return Object.fromEntries(
    rivals.map((rival) => [`${rival}OverUs`, { plain: ratio(rival, 'plain'), gro: ratio(rival, 'gro') }]),
  );
}
