import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openTineCamera, type TineImageMessage } from '../src/endpoints/tine-client.js';
import { toArray } from '../src/tine/index.js';
import type { TineTransport } from '../src/tine/net/protocol.js';

/** What the benchmark of the TINE network is run with. */
export interface TineNetBenchOptions {
  /** Seconds a transport; default 5. */
  readonly seconds?: number;
  /** Images a second that the server makes; default 60. */
  readonly fps?: number;
  /** Print one JSON object instead of lines. */
  readonly json?: boolean;
  /** Port offset; default 700. */
  readonly offset?: number;
}

/** Figures of one transport. */
export interface TineNetFigures {
  /** Images a second that arrived as arrays. */
  readonly imagesPerSecond: number;
  /** Images missing between the first and the last. */
  readonly lost: number;
  /** From the frame being handed to the server to the array in the client, milliseconds. */
  readonly sendToArray_ms: { readonly p50: number; readonly p99: number };
  /** Processor time of the client, seconds a GB of images. */
  readonly clientCpuPerGB: number;
}

const warmUp = 30;

function quantile(sorted: readonly number[], part: number): number {
  return Math.round((sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN) * 100) / 100;
}

/** Milliseconds since the server stamped the image. */
function ageOf(message: TineImageMessage): number {
  const stamped = new DataView(message.bytes.buffer, message.bytes.byteOffset).getUint32(140, true);
  const now = Number((process.hrtime.bigint() / 1000n) % 0x1_0000_0000n);
  return ((now - stamped + 0x1_0000_0000) % 0x1_0000_0000) / 1000;
}

async function measure(transport: TineTransport, offset: number, seconds: number): Promise<TineNetFigures> {
  const address = `tine://127.0.0.1:${offset}/BENCH/BENCH/Frame?transport=${transport}&interval=1`;
  await using camera = openTineCamera(address);
  const ages: number[] = [];
  let [count, bytes, first, last, began] = [0, 0, 0, 0, 0];
  let cpu = process.cpuUsage();
  for await (const message of camera.images()) {
    using image = message;
    const array = toArray(image.bytes);
    const age = ageOf(image);
    count++;
    if (count === warmUp) {
      [first, began] = [image.mark.frameNumber, performance.now()];
      cpu = process.cpuUsage();
    } else if (count > warmUp) {
      ages.push(age);
      bytes += array.data.byteLength;
      last = image.mark.frameNumber;
      if (performance.now() - began > seconds * 1000) break;
    }
  }
  const spent = process.cpuUsage(cpu);
  const elapsed = (performance.now() - began) / 1000;
  ages.sort((one, other) => one - other);
  return {
    imagesPerSecond: Math.round((10 * ages.length) / elapsed) / 10,
    lost: last - first - ages.length,
    sendToArray_ms: { p50: quantile(ages, 0.5), p99: quantile(ages, 0.99) },
    clientCpuPerGB: Math.round((1e6 * (spent.user + spent.system)) / bytes) / 1000,
  };
}

async function startServer(offset: number, fps: number): Promise<ChildProcess> {
  const path = fileURLToPath(new URL('tine/net-server.ts', import.meta.url));
  const child = fork(path, [`${offset}`, '1920', '1080', `${fps}`], { execArgv: process.execArgv });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the server ended with ${code}`);
  });
  await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => undefined);
  return child;
}

/** Serves 1080p gray16 from another process over loopback and measures how it arrives. */
export async function run(options: TineNetBenchOptions = {}): Promise<Record<'tcp' | 'stream', TineNetFigures>> {
  const { seconds = 5, fps = 60, offset = 700, json = false } = options;
  const server = await startServer(offset, fps);
  try {
    const figures = {
      tcp: await measure('tcp', offset, seconds),
      stream: await measure('stream', offset, seconds),
    };
    if (json) console.log(JSON.stringify(figures));
    else for (const [transport, line] of Object.entries(figures)) console.log(transport, JSON.stringify(line));
    return figures;
  } finally {
    server.disconnect();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run({ json: process.argv.includes('--json') });
