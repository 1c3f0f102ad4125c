/** What runs in the worker threads of worker.test.ts; `workerData` says which part and on which ring. */
import { parentPort, workerData } from 'node:worker_threads';
import { Publisher, Subscriber } from '../../src/ring/index.js';

const { part, name } = workerData as { part: string; name: string };
const tell = (word: unknown) => parentPort?.postMessage(word);
const told = () => new Promise((resolve) => parentPort?.once('message', resolve));

const parts: Record<string, () => Promise<void>> = {
  /** The first pixel of every frame until the end. */
  async read() {
    const ring = await Subscriber.open(name);
    tell('attached');
    const seen: number[] = [];
    for await (const frame of ring) {
      seen.push(frame.data[0] as number);
      frame.release();
    }
    ring.close();
    tell(seen);
  },
  async publish() {
    const ring = Publisher.open(name, { capacity: 64, slots: 3, lossless: true });
    tell('open');
    await ring.waitForReader({ lossless: true });
    for (let value = 1; value <= 200; value++) {
      const loan = await ring.loanWhenFree({ format: 'gray8', width: 5, height: 3 });
      loan.bytes.fill(value);
      loan.publish();
    }
    ring.close();
    tell('closed');
  },
  /** Holds frames and a loan's publisher for as long as the thread lives. */
  async hold() {
    const ring = await Subscriber.open(name, { from: 'oldest' });
    const held = [await ring.next(), await ring.next()];
    const pixels = held.map((frame) => frame?.data[0]);
    tell(pixels);
    await told();
    tell(held.map((frame) => frame?.data[0]));
  },
  async produce() {
    const ring = Publisher.open(name, { capacity: 64 });
    const loan = ring.loan({ format: 'gray8', width: 5, height: 3 });
    tell(loan?.bytes.byteLength);
    await told();
  },
};

await parts[part]?.();
