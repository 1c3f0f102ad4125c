/** Writes frames in place, or copies them in, and publishes them: Node's half of a ring under test. */
import { setTimeout as sleep } from 'node:timers/promises';
import { frameOver } from 'framelane/frame';
import { Publisher } from 'framelane/ring';
import { plan, produce } from './rounds.mjs';

const { spec, bytes } = plan;
const ring = Publisher.open(plan.ring, { capacity: bytes, slots: plan.slots });

function inPlace() {
  const loan = ring.loan(spec);
  loan.bytes.fill((ring.published + 1) & 0xff);
  loan.publish({ captureTime: process.hrtime.bigint() });
}

const pixels = new Uint8Array(bytes).fill(1);
/** One that stays in the cache, and as many as the ring has slots: who keeps several frames cannot use that one. */
const others = Array.from({ length: plan.copy ? plan.slots + 1 : 0 }, () => new Uint8Array(bytes).fill(2));
const cost = { write: [], memcpy: [], cachedMemcpy: [] };

/**
 * Makes the pixels of the next frame, then times what becomes of them: this process's processor time in microseconds,
 * so that a reader that is woken on the same core does not count.
 */
function timed(times, action) {
  pixels.fill((ring.published + 1) & 0xff);
  const before = process.cpuUsage();
  action(process.hrtime.bigint());
  const { user, system } = process.cpuUsage(before);
  times.push(user + system);
}

/** Pixels lie elsewhere, warm: one copy. In turn with plain copies of the same bytes between warm buffers. */
async function oneCopy() {
  timed(cost.write, (captureTime) => ring.writeNow(frameOver(spec, pixels, { captureTime })));
  await sleep(plan.intervalMs);
  timed(cost.memcpy, () => others[1 + (ring.published % plan.slots)].set(pixels));
  await sleep(plan.intervalMs);
  timed(cost.cachedMemcpy, () => others[0].set(pixels));
}

function costs() {
  const round = { ...cost };
  for (const key of Object.keys(cost)) cost[key] = [];
  return plan.copy ? round : {};
}

await produce(plan.copy ? oneCopy : inPlace, costs);
ring.close();
