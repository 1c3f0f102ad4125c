import type { ChildProcess } from 'node:child_process';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from './main.js';
import { machine } from './ring/machine.js';
import { openMeasured, pageFigures } from './view/page-viewer.js';
import { processSeconds, residentBytes } from './view/process-time.js';
import { lineOf, startFramelane, startProgram, stop } from './view/programs.js';

/** What a viewer says at its end. */
export interface ViewerFigures {
  /** Frames a second that arrived as a whole. */
  readonly fps: number;
  readonly megabytesPerSecond: number;
  /** From the producer's publish to the last byte with the viewer, milliseconds. */
  readonly sourceToPage_ms: { readonly p50: number; readonly p99: number };
  /** Share of a core that the viewer itself takes. */
  readonly cpuFraction: number;
}

/** Figures of the server in one setting. */
interface ServerFigures {
  /** Share of a core that the server takes. */
  readonly serverCpuFraction: number;
  /** Frames a second that the producer published. */
  readonly producerFps: number;
  readonly viewers: readonly ViewerFigures[];
}

/** 1080p60 rgb24: 373 MB/s. */
const source = 'test:?size=1920x1080&format=rgb24&fps=60&pattern=bars';

/** A viewer of 2 MB/s: a third of a frame a second. */
const throttle = 2e6;

/** Frames of the run that looks for growth. */
const growthFrames = 30_000;

/** What an open server and its producer are. */
interface Stand {
  readonly url: string;
  readonly ring: string;
  readonly server: ChildProcess;
  readonly producer: ChildProcess;
}

async function withServer<T>(address: string, work: (stand: Stand) => Promise<T>): Promise<T> {
  const ring = `bench-view-${process.pid}`;
  const producer = startFramelane('pipe', address, `shm:${ring}`, '--quiet');
  const server = startFramelane('view', `shm:${ring}`, '--port', '0');
  try {
    const url = await lineOf(server, /http\S+/);
    await sleep(1000);
    return await work({ url, ring, server, producer });
  } finally {
    await stop(server);
    await stop(producer);
  }
}

/** Frames that a ring's producer has published, by `framelane ls`. */
async function published(ring: string): Promise<number> {
  const child = startFramelane('ls', '--json');
  const rings = JSON.parse(await lineOf(child)) as { name: string; sequence: number }[];
  return rings.find(({ name }) => name === ring)?.sequence ?? 0;
}

/** Viewers without a screen, some of them throttled, for so many seconds. */
function measure(seconds: number, throttled: number): Promise<ServerFigures> {
  return withServer(source, async ({ url, ring, server }) => {
    const slow = Array.from({ length: throttled }, () => startViewer(url, seconds + 4, throttle));
    const quick = startViewer(url, seconds, Number.POSITIVE_INFINITY);
    await sleep(1000);
    const pid = server.pid as number;
    const [cpu, frames, began] = [processSeconds(pid), await published(ring), performance.now()];
    await sleep((seconds - 2) * 1000);
    const took = (performance.now() - began) / 1000;
    const serverCpuFraction = (processSeconds(pid) - cpu) / took;
    const producerFps = ((await published(ring)) - frames) / ((performance.now() - began) / 1000);
    const viewers = await Promise.all([quick, ...slow].map(figuresOf));
    return { serverCpuFraction: round(serverCpuFraction), producerFps: round(producerFps), viewers };
  });
}

function startViewer(url: string, seconds: number, bytesPerSecond: number): ChildProcess {
  return startProgram('node-viewer.ts', url, String(seconds), String(bytesPerSecond));
}

async function figuresOf(viewer: ChildProcess): Promise<ViewerFigures> {
  return JSON.parse(await lineOf(viewer, /^\{.*/)) as ViewerFigures;
}

/** Memory of server and page after a third of the frames and after all of them. Frames are small, so that they are many. */
function growth(frames: number): Promise<object> {
  const address = 'test:?size=320x240&format=gray8&fps=400&pattern=bars';
  return withServer(address, async ({ url, ring, server }) => {
    const page = await openMeasured(url);
    const viewer = startViewer(url, frames / 300 + 20, Number.POSITIVE_INFINITY);
    const start = await published(ring);
    const until = async (count: number) => {
      while ((await published(ring)) - start < count) await sleep(500);
      return { server: residentBytes(server.pid as number), page: await page?.heapBytes() };
    };
    const before = await until(frames / 3);
    const after = await until(frames);
    await stop(viewer);
    await page?.close();
    const pageGrowthBytes = after.page === undefined ? undefined : after.page - (before.page as number);
    return { frames, serverGrowthBytes: after.server - before.server, pageGrowthBytes };
  });
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/** `npm run bench -- view`. */
export async function run({ json, quick }: BenchOptions): Promise<void> {
  const seconds = quick ? 5 : 12;
  const load = loadavg()[0] ?? 0;
  const alone = await measure(seconds, 0);
  const beside = await measure(seconds, 2);
  const page = await withServer(source, ({ url, server }) => pageFigures(url, server.pid as number, seconds));
  const grown = quick ? undefined : await growth(growthFrames);
  const [viewer, throttledBeside] = [alone.viewers[0] as ViewerFigures, beside.viewers[0] as ViewerFigures];
  const figures = {
    serverCpuFraction: alone.serverCpuFraction,
    sourceToPage_ms_p50: page?.sourceToPage_ms_p50 ?? viewer.sourceToPage_ms.p50,
    viewerWithoutScreen: viewer,
    besideTwoThrottled: {
      producerRatio: round(beside.producerFps / alone.producerFps),
      viewerRatio: round(throttledBeside.fps / viewer.fps),
      serverCpuFraction: beside.serverCpuFraction,
      throttledFps: beside.viewers.slice(1).map(({ fps }) => round(fps)),
    },
    page: page ?? 'no chromium',
    growth: grown ?? 'not measured: --quick',
    machine: { ...machine(), loadBefore: load },
  };
  if (!json) print(figures);
  else console.log(JSON.stringify(figures));
}

function print(figures: object): void {
  console.log('1080p60 rgb24 out of a ring, 373 MB/s, to one viewer on this machine');
  console.log(JSON.stringify(figures, null, 2));
}
