/** Writes frames in place, or copies them in, and publishes them: Node's half of a ring under test. */
import { setTimeout as sleep } from 'node:timers/promises';
import { frameOver } from 'framelane/frame';
import { Publisher } from 'framelane/ring';
import { plan, produce } from './rounds.mjs';

const { spec, bytes } = plan;
const ring = Publisher.open(plan.ring, { capacity: bytes, slots: plan.slots });

function inPlace() {
  let loan = ring.loan(spec);
  while (loan === undefined) loan = ring.loan(spec);
  loan.bytes.fill((ring.published + 1) & 0xff);
  loan.publish({ captureTime: process.hrtime.bigint() });
}

const pixels = new Uint8Array(bytes).fill(1);
/** One that stays in the cache, and as many as the ring has slots: who keeps several frames cannot use that one. */
const others = Array.from({ length: plan.copy ? plan.slots + 1 : 0 }, () => new Uint8Array(bytes).fill(2));
const cost = { write: [], memcpy: [], cachedMemcpy: [] };

/**
 * This process's processor time for something, in microseconds: so that a reader that is woken on the same core does
 * not count.
 */
function timed(times, action) {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  times.push(user + system);
}

/** The next frame, fresh in private memory. */
function nextFrame() {
  pixels.fill((ring.published + 1) & 0xff);
  return frameOver(spec, pixels, { captureTime: process.hrtime.bigint() });
}

/** Pixels lie elsewhere, warm: one copy. In turn with plain copies of the same bytes between warm buffers. */
async function oneCopy() {
  const frame = nextFrame();
  timed(cost.write, () => ring.writeNow(frame));
  await sleep(plan.intervalMs);
  nextFrame();
  timed(cost.memcpy, () => others[1 + (ring.published % plan.slots)].set(pixels));
  await sleep(plan.intervalMs);
  nextFrame();
  timed(cost.cachedMemcpy, () => others[0].set(pixels));
}

function costs() {
  const round = { ...cost };
  for (const key of Object.keys(cost)) cost[key] = [];
  return plan.copy ? round : {};
}

await produce(plan.copy ? oneCopy : inPlace, costs);
ring.close();
