/**
 * Takes `plan.frames` frames in a for-await loop, looks at the pixels of each and tells what became of its memory. First
 * as many more, until everything that fills up once is full. `plan.look` says at what it looks:
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

const samples = [];
const warmUp = plan.frames;
let taken = 0;
let sum = 0;

function sample() {
  if (plan.look === 'held') globalThis.gc();
  const { rss, external, heapUsed, arrayBuffers } = process.memoryUsage();
  samples.push({ frames: taken - warmUp, rss, external: external + arrayBuffers, heap: heapUsed });
}

function look(frame) {
  sum += frame.data[0];
  frame.release();
  taken++;
  if (taken === warmUp && plan.look === 'collections') count();
  if (taken >= warmUp && taken % plan.every === 0) sample();
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
tell('consumer', { samples, collections, sum });
process.exit();
