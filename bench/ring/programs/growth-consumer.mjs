/**
 * Takes `plan.frames` frames in a for-await loop, looks at the pixels of each and tells what became of its memory. First
 * twice as many, until everything that fills up once is full. `plan.look` says at what it looks:
 * `growth`: the memory, while collections come as they please;
 * `held`: the memory after a collection, which leaves what is really held;
 * `collections`: their number (a PerformanceObserver grows by itself, so that it cannot be there in the other two).
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { Subscriber } from 'framelane/ring';
import { plan, tell } from './rounds.mjs';

const collections = { young: 0, old: 0 };
const isYoung = ({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MINOR;

/** Counts collections from here on. */
function count() {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) collections[isYoung(entry) ? 'young' : 'old']++;
  });
  observer.observe({ entryTypes: ['gc'] });
}

const warmUp = 2 * plan.frames;
/** Four numbers a sample. */
const samples = new Float64Array((4 * (warmUp + plan.frames)) / plan.every);
let taken = 0;
let sum = 0;

/** Notes the memory in a row of numbers that is there already: samples must not grow themselves. */
function sample() {
  if (plan.look === 'held') globalThis.gc();
  const { rss, external, heapUsed, arrayBuffers } = process.memoryUsage();
  samples.set([taken - warmUp, rss, external + arrayBuffers, heapUsed], 4 * (taken / plan.every - 1));
}

/** The rows from the end of the warming up on. */
function rows() {
  const all = Array.from({ length: samples.length / 4 }, (_, row) => samples.subarray(4 * row, 4 * row + 4));
  return all
    .map(([frames, rss, external, heap]) => ({ frames, rss, external, heap }))
    .filter(({ frames }) => frames >= 0);
}

function look(frame) {
  sum += frame.data[0];
  frame.release();
  taken++;
  if (taken === warmUp && plan.look === 'collections') count();
  if (taken % plan.every === 0) sample();
}

const ring = await Subscriber.open(plan.ring, { wait: 10_000 });
tell('consumer', { ready: true });
for await (const frame of ring) {
  look(frame);
  if (taken === warmUp + plan.frames) break;
}
ring.close();
// The observer hears of collections in turns of the event loop.
await new Promise((resolve) => setTimeout(resolve, 50));
tell('consumer', { samples: rows(), collections, sum });
process.exit();
