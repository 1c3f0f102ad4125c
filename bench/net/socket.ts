/**
 * What sending and receiving over UDP cost by themselves: `npx tsx bench/net/socket.ts [rounds]`. Each sender with each
 * receiver in turn, on loopback; CPU seconds of a process per GB of payload, median of the rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { median } from '../ring/statistics.js';

const rounds = Number(process.argv[2] ?? 3);
const program = (name: string) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));

/** A stream: bytes of a unit; how many at a stretch before the receiver gets a pause, in ms. */
const streams = [
  { name: '4K (100 KB a unit)', unitBytes: 100_000, units: 6000, burst: 10, pause: 3 },
  { name: '8K (1 MB a unit)', unitBytes: 1_000_000, units: 600, burst: 1, pause: 3 },
] as const;

const senders = ['dgram', 'send', 'mmsg', 'gso'] as const;
const receivers = ['dgram', 'single', 'trains'] as const;

interface Cost {
  readonly out: number;
  readonly in: number;
  /** Share of the payload that arrived. */
  readonly arrived: number;
}

async function linesOf(child: ReturnType<typeof spawn>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) lines.push(line);
  return lines;
}

async function measure(sender: string, receiver: string, stream: (typeof streams)[number]): Promise<Cost> {
  const there = spawn(process.execPath, [program('units-in'), receiver], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [first] = (await once(there.stdout, 'data')) as [Buffer];
  const lines = linesOf(there);
  const { unitBytes, units, burst, pause } = stream;
  const numbers = [Number(first), unitBytes, units, burst, pause].map(String);
  const here = spawn(process.execPath, [program('units-out'), sender, ...numbers], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const out = JSON.parse((await linesOf(here)).at(-1) as string);
  there.stdin.end();
  const back = JSON.parse((await lines).at(-1) as string);
  return { out: out.cpuSecondsPerGB, in: back.cpuSecondsPerGB, arrived: back.gigabytes / (out.gigabytes * 1.2) };
}

for (const stream of streams) {
  console.log(stream.name.padEnd(20), 'sender CPU s/GB, receiver CPU s/GB, arrived');
  for (const receiver of receivers) {
    for (const sender of senders) {
      const costs: Cost[] = [];
      for (let round = 0; round < rounds; round++) costs.push(await measure(sender, receiver, stream));
      const of = (key: keyof Cost) => median(costs.map((cost) => cost[key])).toFixed(3);
      console.log(`${sender.padEnd(6)} -> ${receiver.padEnd(8)}`, of('out'), of('in'), of('arrived'));
    }
  }
}
