import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Stream } from './streams.js';

/** What sending or receiving so many bytes cost one process. */
export interface Cost {
  /** CPU seconds, user and system. */
  readonly cpu: number;
  /** Bytes of RTP. */
  readonly bytes: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/** Path of a file in the folder of programs. */
export const program = (name: string): string => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));

/** Compiles one of the C programs into a folder. Throws with the compiler's words. */
export function compiled(name: string, folder: string): string {
  const target = join(folder, name);
  const args = ['-O2', '-Wall', '-Wextra', '-Werror', '-o', target, program(`${name}.c`)];
  const { status, stderr, error } = spawnSync(process.env.CC ?? 'cc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}.c: ${error?.message ?? stderr}`);
  return target;
}

/** A process that takes datagrams and throws them away: plainly, or whole trains by UDP_GRO. */
export class Receiver implements AsyncDisposable {
  /** UDP port on 127.0.0.1. */
  readonly port: Promise<number>;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string, kind: 'plain' | 'gro') {
    this.#child = spawn('taskset', ['-c', '1', path, kind], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    this.port = this.#line().then((line) => (line as { port: number }).port);
  }

  /** Bytes that came since the last call. */
  async bytes(): Promise<number> {
    this.#child.stdin?.write('?\n');
    return ((await this.#line()) as { bytes: number }).bytes;
  }

  async #line(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the receiver ended');
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.stdin?.end();
    await ended;
  }
}

/** Runs one of the Node programs on the first processor; its last line says what it cost. */
export async function nodeCost(name: string, args: readonly string[]): Promise<Cost & Record<string, number>> {
  const child = spawn('taskset', ['-c', '0', process.execPath, '--expose-gc', program(name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name} ended with code ${code}`);
  return JSON.parse(text.trim().split('\n').at(-1) as string);
}

/** What a command cost, by the system's own account of the finished process. */
async function commandCost(cpu: string, command: readonly string[]): Promise<{ cpu: number; seconds: number }> {
  const child = spawn('taskset', ['-c', '0', cpu, ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  await once(child, 'close');
  const result = JSON.parse(text) as { cpu: number; seconds: number; status: number };
  if (result.status !== 0) throw new Error(`${command[0]} ended with code ${result.status}`);
  return result;
}

/** A stream so often after itself that it is about as large as asked; returns its size. */
async function repeated(stream: Stream, bytes: number, target: string): Promise<number> {
  const times = Math.max(1, Math.round(bytes / stream.bytes));
  const output = createWriteStream(target);
  for (let turn = 0; turn < times; turn++) {
    const input = createReadStream(stream.file);
    input.pipe(output, { end: false });
    await finished(input);
  }
  output.end();
  await finished(output);
  return times * stream.bytes;
}

/**
 * A program that sends a file: measured with a long and a short one, so that starting it up does not count. Returns the
 * difference.
 */
export async function fileSenderCost(
  cpu: string,
  stream: Stream,
  folder: string,
  gigabytes: number,
  command: (file: string) => string[],
): Promise<Cost> {
  const file = join(folder, 'long.hevc');
  try {
    const costs = [];
    for (const bytes of [gigabytes * 1e9, 20e6]) {
      const size = await repeated(stream, bytes, file);
      readFileSync(file).length; // in the page cache, for everybody
      costs.push({ ...(await commandCost(cpu, command(file))), bytes: size });
    }
    const [long, short] = costs as [Cost, Cost];
    return { cpu: long.cpu - short.cpu, bytes: long.bytes - short.bytes, seconds: long.seconds - short.seconds };
  } finally {
    rmSync(file, { force: true });
  }
}

/** ffmpeg that cuts a file into RTP packets of 1,400 bytes. */
export const ffmpegSends = (port: number) => (file: string) => [
  ...['ffmpeg', '-v', 'error', '-nostdin', '-f', 'hevc', '-i', file, '-c', 'copy'],
  ...['-f', 'rtp', `rtp://127.0.0.1:${port}?pkt_size=1400`],
];

/** GStreamer that does. */
export const gstreamerSends = (port: number) => (file: string) => [
  ...['gst-launch-1.0', '-q', 'filesrc', `location=${file}`, 'blocksize=1048576', '!', 'h265parse', '!'],
  ...['rtph265pay', 'mtu=1400', '!', 'udpsink', 'host=127.0.0.1', `port=${port}`, 'sync=false'],
];
