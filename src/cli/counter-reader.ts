import { verifyCounterFrame } from '../endpoints/counter-pattern.js';
import { LatencyHistogram } from '../endpoints/latency.js';
import { FramelaneError } from '../error.js';
import { Subscriber } from '../ring/index.js';
import { exitCodes } from './exit-codes.js';

const everyMs = 500;

/** What a counter reader prints, one JSON line each half second; python/framelane/counter.py prints the same. */
export interface CounterReport {
  readonly reader: 'node' | 'python';
  readonly frames: number;
  /** Frames that were whole, to the last byte. */
  readonly verified: number;
  readonly missed: number;
  /** From the producer's publish to the frame in hand; null before the first one. */
  readonly latency_us_p50: number | null;
  readonly done: boolean;
}

/** Reads a ring of counter frames, checks every byte of each, and prints {@link CounterReport}s. */
export async function counterReader(ring: string): Promise<number> {
  const latency = new LatencyHistogram();
  let [frames, verified] = [0, 0];
  using subscriber = await Subscriber.open(ring, { wait: 10_000, takeover: 2000 });
  const report = (done: boolean): void => {
    const { missed } = subscriber;
    const line = { reader: 'node', frames, verified, missed, latency_us_p50: latency.quantile(0.5), done } as const;
    process.stdout.write(`${JSON.stringify(line satisfies CounterReport)}\n`);
  };
  let printed = performance.now();
  for await (const frame of subscriber) {
    using _ = frame;
    latency.add(Number(process.hrtime.bigint() - frame.publishTime));
    frames++;
    if (isWhole(frame)) verified++;
    if (performance.now() - printed < everyMs) continue;
    printed = performance.now();
    report(false);
  }
  report(true);
  return verified === frames ? exitCodes.ok : exitCodes.failed;
}

function isWhole(frame: Parameters<typeof verifyCounterFrame>[0]): boolean {
  try {
    verifyCounterFrame(frame);
    return true;
  } catch (error) {
    if (!(error instanceof FramelaneError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return false;
  }
}
