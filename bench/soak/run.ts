import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Size } from './part.js';
import { type Quantity, quantities, type Verdict, verdictOf } from './quantity.js';
import { type Slope, slopeBlocks, slopeOf } from './slope.js';
import type { WorkerMessage } from './worker.js';

/** What became of each quantity in a run. */
export interface Figures {
  readonly iterations: number;
  /** Iterations before the first sample: caches fill, code is compiled, the heap finds its size. */
  readonly warmUp: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly slopes: Readonly<
    Record<
      string,
      Slope & Pick<Quantity, 'unit'> & { readonly verdict: Verdict; readonly first: number; readonly last: number }
    >
  >;
}

/**
 * What breathes by megabytes by itself stays as it is, or nothing else could be seen: the young generation has one size (MB),
 * and V8 does not shrink its heaps when they idle. The loader of TypeScript has a heap of its own in this process.
 */
const v8Flags = ['--expose-gc', '--no-memory-reducer', '--min-semi-space-size=4', '--max-semi-space-size=4'];

const samplesPerBlock = 5;
const samples = slopeBlocks * samplesPerBlock;

/** A fifth of the run, but enough for the optimising compiler. */
const warmUpFor = (iterations: number) => Math.min(200_000, Math.max(20_000, Math.round(iterations / 5)));

/** Seconds that the warm-up takes at least, where somebody has time for a long run. */
const warmUpSecondsFor = (iterations: number) => (iterations >= 100_000 ? 15 : 0);

/** Soaks one part in a process of its own. Rejects when the part fails. */
export async function soakPart(name: string, iterations: number, { width, height }: Size): Promise<Figures> {
  const step = Math.ceil(iterations / samples);
  const path = fileURLToPath(new URL('worker.ts', import.meta.url));
  const numbers = [width, height, warmUpFor(iterations), warmUpSecondsFor(iterations), samples, step].map(String);
  const worker = fork(path, [name, ...numbers], { execArgv: [...process.execArgv, ...v8Flags] });
  const result = await new Promise<WorkerMessage & { type: 'result' }>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'result') resolve(message);
      else showProgress(name, message.done, samples * step);
    });
    worker.once('error', reject);
    worker.once('exit', (code, signal) => reject(new Error(`part ${name} ended with ${signal ?? code}`)));
  });
  showProgress(name, 0, 0);
  return figuresOf(result, step);
}

const short = (value: number) => Number(value.toPrecision(4));

function figuresOf(result: WorkerMessage & { type: 'result' }, step: number): Figures {
  const iterations = samples * step;
  const slopes = quantities.map(({ name, unit }, at) => {
    const values = result.samples[at] ?? [];
    const { slope, low, high } = slopeOf(values, step);
    const verdict = verdictOf(unit, { slope, low, high }, iterations);
    return [
      name,
      { slope: short(slope), low: short(low), high: short(high), unit, verdict, first: values[0], last: values.at(-1) },
    ] as const;
  });
  const seconds = Math.round(result.seconds * 10) / 10;
  const perSecond = Math.round(iterations / result.seconds);
  return {
    iterations,
    warmUp: result.warmUp,
    seconds,
    perSecond,
    slopes: Object.fromEntries(slopes) as Figures['slopes'],
  };
}

/** One line on a terminal, wiped at the end. */
function showProgress(name: string, done: number, all: number): void {
  if (!process.stderr.isTTY) return;
  const text = all === 0 ? '' : `${name}: ${done} of ${all} iterations (${Math.floor((100 * done) / all)}%)`;
  process.stderr.write(`\r\x1b[K${text}`);
}
