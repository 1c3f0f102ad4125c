/** The process in which one part is soaked: nothing else is in its memory. Started by main.ts, with `--expose-gc`. */
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { type Part, parts } from './part.js';
import { quantities } from './quantity.js';

/** What the process tells whoever started it. */
export type WorkerMessage =
  | { readonly type: 'progress'; readonly done: number }
  | {
      readonly type: 'result';
      readonly seconds: number;
      /** Iterations before the first sample. */
      readonly warmUp: number;
      readonly samples: readonly (readonly number[])[];
    };

const tell = (message: WorkerMessage) => process.send?.(message);

/** A loop without I/O never lets the event loop turn; programs do, and memory of native code is given back then. */
const turnEvery = 64;
const warmUpSamples = 50;

async function iterate(part: Part, times: number): Promise<void> {
  for (let i = 1; i <= times; i++) {
    await part.iterate();
    if (i % turnEvery === 0) await turn();
  }
}

/** Time that the collector's threads get to give pages back to the system, in ms. */
const settleMs = 20;

/** Twice, and a turn of the event loop between: finalizers run there and free what the next collection can take. */
async function collect(): Promise<void> {
  if (gc === undefined) throw new Error('start with --expose-gc: garbage would be counted as growth');
  gc();
  await turn();
  gc();
}

/** The heap is looked at before anything can happen after the collection, the process's pages once they are back. */
async function takeSample(samples: readonly Float64Array[], index: number): Promise<void> {
  await collect();
  const collected = process.memoryUsage();
  await pause(settleMs);
  const memory = { ...collected, rss: process.memoryUsage.rss() };
  quantities.forEach((quantity, at) => {
    (samples[at] as Float64Array)[index] = quantity.read(memory);
  });
}

/**
 * Samples are taken here as well, and written over later: taking them needs memory of its own. V8 gives back what loading
 * the program took, several MB, only seconds after it was loaded: a long run waits for that.
 */
async function warm(part: Part, times: number, seconds: number, samples: readonly Float64Array[]): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const step = Math.ceil(times / warmUpSamples);
  let done = 0;
  while (done < times || performance.now() < until) {
    await iterate(part, step);
    done += step;
    await takeSample(samples, 0);
    tell({ type: 'progress', done: 0 });
  }
  return done;
}

interface Plan {
  /** At least so many iterations, and so many seconds, before the first sample. */
  readonly warmUp: number;
  readonly warmUpSeconds: number;
  /** Samples, and iterations from one to the next. */
  readonly count: number;
  readonly step: number;
}

async function soak(part: Part, { warmUp, warmUpSeconds, count, step }: Plan): Promise<void> {
  // Written to in advance: these pages are part of the memory that is watched.
  const samples = quantities.map(() => new Float64Array(count).fill(-1));
  const warmedUp = await warm(part, warmUp, warmUpSeconds, samples);
  const began = performance.now();
  for (let index = 0; index < count; index++) {
    await iterate(part, step);
    await takeSample(samples, index);
    tell({ type: 'progress', done: (index + 1) * step });
  }
  const seconds = (performance.now() - began) / 1000;
  tell({ type: 'result', seconds, warmUp: warmedUp, samples: samples.map((values) => [...values]) });
}

const [name = '', ...numbers] = process.argv.slice(2);
const [width = 0, height = 0, warmUp = 0, warmUpSeconds = 0, count = 0, step = 0] = numbers.map(Number);
const open = parts[name];
if (open === undefined) throw new Error(`no part "${name}"`);
const part = await open({ width, height });
// Whoever started us is gone, or interrupted: leave nothing behind.
let leaving = false;
const leave = async () => {
  leaving = true;
  await part.close();
  process.exit(1);
};
process.once('disconnect', leave);
process.once('SIGINT', leave);
process.once('SIGTERM', leave);
try {
  await soak(part, { warmUp, warmUpSeconds, count, step });
} catch (error) {
  if (!leaving) throw error;
}
process.removeListener('disconnect', leave);
await part.close();
if (process.connected) process.disconnect();
