/**
 * Receiving HEVC over RTP: CPU seconds of the receiving process for each gigabyte of RTP that it got, while our own sender
 * floods it on loopback. Framelane reassembles access units; Node's dgram only takes the datagrams. Contenders take turns;
 * medians of the rounds. In a round of its own every unit is compared with the stream, byte by byte.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchOptions } from './main.js';
import { machine } from './ring/machine.js';
import { median } from './ring/statistics.js';
import { type Cost, program } from './rtp/rivals.js';
import { makeStream, type Stream } from './rtp/streams.js';

/** What a receiver said of its round. */
interface Received extends Cost {
  readonly units?: number;
  readonly wrong?: number;
  readonly lostUnits?: number;
  readonly kernelDrops?: number;
}

/** One round: what was received, and how much was offered meanwhile. */
interface Round {
  readonly received: Received;
  readonly offeredGbps: number;
}

/** Measures and prints; see {@link BenchOptions}. */
export async function run(options: BenchOptions): Promise<void> {
  const before = machine();
  const folder = mkdtempSync(join(tmpdir(), 'framelane-bench-'));
  try {
    const seconds = options.quick ? 1 : 3;
    const results: Record<string, ReturnType<typeof summarise>> = {};
    for (const name of ['4k', '8k'] as const) {
      results[name] = summarise(await measure(makeStream(name, folder), options.quick ? 1 : 5, seconds));
      show(name, results[name]);
    }
    const all = Object.values(results);
    const dgramOverUs = Math.min(...all.map(({ dgramOverUs }) => dgramOverUs));
    const wrongUnits = all.reduce((sum, { wrongUnits }) => sum + wrongUnits, 0);
    console.log(`dgramOverUs ${dgramOverUs}   units that differ ${wrongUnits}`);
    if (options.json) {
      console.log(JSON.stringify({ bench: 'receive', dgramOverUs, wrongUnits, streams: results, machine: before }));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(stream: Stream, rounds: number, seconds: number) {
  const framelane: Round[] = [];
  const dgram: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    framelane.push(await one(stream, 'receive-framelane.mjs', [stream.file, `${seconds}`, '0']));
    dgram.push(await one(stream, 'receive-dgram.mjs', [`${seconds}`]));
  }
  return { framelane, dgram, verified: await one(stream, 'receive-framelane.mjs', [stream.file, `${seconds}`, '1']) };
}

/** A receiver on the second processor, the sender on the first. */
async function one(stream: Stream, name: string, args: readonly string[]): Promise<Round> {
  const receiver = spawnPinned(1, name, args);
  const lines = createInterface({ input: receiver.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended before it had received anything`);
    return JSON.parse(value);
  };
  const { port } = (await next()) as { port: number };
  const sender = spawnPinned(0, 'send-framelane.mjs', [stream.file, `${port}`, '1000', '{}', 'rate']);
  try {
    const received = (await next()) as Received;
    return { received, offeredGbps: await rateOf(sender) };
  } finally {
    for (const child of [sender, receiver]) child.kill('SIGKILL');
  }
}

function spawnPinned(core: number, name: string, args: readonly string[]): ChildProcess {
  return spawn('taskset', ['-c', `${core}`, process.execPath, program(name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Ends the sender and asks how fast it was, in Gbit/s of RTP. */
async function rateOf(sender: ChildProcess): Promise<number> {
  let text = '';
  sender.stdout?.on('data', (part) => {
    text += part;
  });
  const ended = once(sender, 'close');
  sender.kill('SIGTERM');
  await ended;
  const { bytes, seconds } = JSON.parse(text.trim().split('\n').at(-1) as string) as Cost;
  return (bytes * 8) / seconds / 1e9;
}

const cost = ({ received }: Round) => received.cpu / (received.bytes / 1e9);
const three = (value: number) => Number(value.toPrecision(3));

function summarise({ framelane, dgram, verified }: Awaited<ReturnType<typeof measure>>) {
  const ours = framelane.map(cost);
  const theirs = dgram.map(cost);
  return {
    dgramOverUs: three(median(theirs) / median(ours)),
    framelane: three(median(ours)),
    framelaneSpread: [three(Math.min(...ours)), three(Math.max(...ours))],
    dgram: three(median(theirs)),
    dgramSpread: [three(Math.min(...theirs)), three(Math.max(...theirs))],
    offeredGbps: three(median(framelane.map(({ offeredGbps }) => offeredGbps))),
    receivedGbps: three(median(framelane.map(({ received }) => (received.bytes * 8) / received.seconds / 1e9))),
    dgramReceivedGbps: three(median(dgram.map(({ received }) => (received.bytes * 8) / received.seconds / 1e9))),
    verifiedUnits: verified.received.units ?? 0,
    wrongUnits: verified.received.wrong ?? 0,
  };
}

function show(name: string, result: ReturnType<typeof summarise>): void {
  console.log(
    `${name}: CPU s/GB framelane ${result.framelane} (${result.framelaneSpread.join(' .. ')}), dgram ${result.dgram} ` +
      `(${result.dgramSpread.join(' .. ')}); offered ${result.offeredGbps} Gbit/s, received ${result.receivedGbps}, ` +
      `by dgram ${result.dgramReceivedGbps}; ${result.verifiedUnits} units compared, ${result.wrongUnits} differ`,
  );
}
