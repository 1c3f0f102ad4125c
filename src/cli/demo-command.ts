import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { runPipe } from '../endpoints/pipe.js';
import { waitForReaders } from '../endpoints/ring-readers.js';
import { ShmSink } from '../endpoints/shm-sink.js';
import { TestSource } from '../endpoints/test.js';
import { frameSize, parseUri } from '../endpoints/uri.js';
import { FramelaneError } from '../error.js';
import { serveView, type ViewServer } from '../view/index.js';
import type { CounterReport } from './counter-reader.js';
import { exitCodes } from './exit-codes.js';
import { Interruption } from './interruption.js';
import { pythonEnvironment } from './package-paths.js';

/** The options of `framelane demo`. */
export interface DemoOptions {
  readonly seconds: number;
  readonly size: string;
  readonly fps: number;
}

/** How long readers may take to start, and to end once the ring is closed, in ms. */
const patienceMs = 10_000;

/** A reader in a process of its own, and what it last said of itself. */
interface DemoReader {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  report: CounterReport | undefined;
}

/** `framelane demo`: test pictures -> ring -> a Node reader and a Python reader. */
export async function demoCommand(options: DemoOptions): Promise<number> {
  const size = frameSizeOf(options.size);
  const ring = `demo-${process.pid}-${randomBytes(3).toString('hex')}`;
  const stop = new AbortController();
  const interruption = new Interruption(() => stop.abort());
  const readers: DemoReader[] = [];
  const say = (text: string) => process.stdout.write(`${text}\n`);
  say(`test:${options.size} (counter pattern) -> shm:${ring} -> every byte checked by each reader`);
  const sink = new ShmSink(parseUri(`shm:${ring}`), {
    opened: async (publisher, signal) => {
      readers.push(...startReaders(ring, say));
      await waitForReaders(
        publisher,
        readers.length,
        AbortSignal.any([AbortSignal.timeout(patienceMs), signal ?? stop.signal]),
      );
      setTimeout(() => stop.abort(), options.seconds * 1000).unref();
      wipeLine();
      say(`${publisher.readerCount()} readers attached`);
    },
  });
  const page = await livePage(ring);
  if (page !== undefined) say(`live page       ${page.url}  (while the demo runs; --seconds 600 for longer)`);
  const live = setInterval(() => drawLive(sink, readers), 500);
  try {
    const source = new TestSource({ ...size, fps: options.fps });
    const stats = await runPipe({ source, sinks: [sink], signal: stop.signal });
    clearInterval(live);
    const codes = await endOf(readers);
    wipeLine();
    const gigabytes = stats.bytes / stats.seconds / 1e9;
    const rate = `${(stats.frames / stats.seconds).toFixed(1)} fps, ${gigabytes.toFixed(2)} GB/s`;
    say(`producer        ${stats.frames} frames, ${rate}, ${stats.dropped} dropped`);
    for (const reader of readers) say(summary(reader));
    return interruption.exitCode ?? (codes.every((code) => code === 0) ? exitCodes.ok : exitCodes.failed);
  } finally {
    clearInterval(live);
    for (const { child } of readers) child.kill('SIGKILL');
    await page?.close();
    interruption.close();
  }
}

/** The ring in a browser, for whoever wants to look; undefined where the page was not built. */
function livePage(ring: string): Promise<ViewServer | undefined> {
  return serveView({ sources: [`shm:${ring}`] }).catch(() => undefined);
}

function frameSizeOf(text: string): { width: number; height: number } {
  try {
    return frameSize(text);
  } catch (cause) {
    throw new FramelaneError('BAD_ARGUMENT', `--size: ${(cause as Error).message}, not "${text}"`);
  }
}

function startReaders(ring: string, say: (text: string) => void): DemoReader[] {
  const node = [...process.execArgv, process.argv[1] as string, 'counter-reader', ring];
  const readers = [startReader('Node reader', process.execPath, node)];
  const python = pythonWithNumpy();
  if (python === undefined) say('no python3 with numpy here (apt install python3-numpy): going on with Node only');
  else readers.push(startReader('Python reader', python, ['-m', 'framelane.counter', ring]));
  return readers;
}

/** The first Python that has numpy: PATH may begin with one of a virtual environment that has not. */
function pythonWithNumpy(): string | undefined {
  const has = (python: string) => spawnSync(python, ['-c', 'import numpy'], { stdio: 'ignore' }).status === 0;
  return ['python3', '/usr/bin/python3'].find(has);
}

function startReader(name: string, program: string, args: readonly string[]): DemoReader {
  // Detached: Ctrl-C ends the ring, and that ends the readers, who then still say what they saw.
  const env = pythonEnvironment();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env, detached: true });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  const reader: DemoReader = { name, child, ended, report: undefined };
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) reader.report = JSON.parse(line) as CounterReport;
  });
  return reader;
}

/** The exit codes of the readers, who end because the ring was closed; null for one that had to be killed. */
function endOf(readers: readonly DemoReader[]): Promise<(number | null)[]> {
  const killer = setTimeout(() => {
    for (const { child } of readers) child.kill('SIGKILL');
  }, patienceMs);
  return Promise.all(readers.map(({ ended }) => ended)).finally(() => clearTimeout(killer));
}

function summary({ name, report }: DemoReader): string {
  if (report?.done !== true) return `${name.padEnd(15)} did not end as it should`;
  const { frames, verified, missed, latency_us_p50: p50 } = report;
  return `${name.padEnd(15)} ${frames} frames, ${verified} verified, ${missed} missed, latency p50 ${p50 ?? '-'} us`;
}

function drawLive(sink: ShmSink, readers: readonly DemoReader[]): void {
  if (!process.stdout.isTTY || sink.publisher === undefined) return;
  const seen = readers.map(
    ({ name, report }) => `${name}: ${report?.verified ?? 0} verified, p50 ${report?.latency_us_p50 ?? '-'} us`,
  );
  process.stdout.write(`\r\x1b[K${sink.publisher.published} frames · ${seen.join(' · ')}`);
}

function wipeLine(): void {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
}
