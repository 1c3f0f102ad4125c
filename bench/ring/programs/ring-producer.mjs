/** Writes frames in place, or copies them in, and publishes them: Node's half of a ring under test. */
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
const other = new Uint8Array(bytes).fill(2);
const cost = { write: [], memcpy: [] };

const microseconds = (from) => Number(process.hrtime.bigint() - from) / 1000;

/** Pixels lie elsewhere, warm: one copy. In turn with a plain memcpy of the same bytes between two warm buffers. */
function oneCopy() {
  const memcpyBegan = process.hrtime.bigint();
  other.set(pixels);
  cost.memcpy.push(microseconds(memcpyBegan));
  pixels.fill((ring.published + 1) & 0xff);
  const captureTime = process.hrtime.bigint();
  ring.writeNow(frameOver(spec, pixels, { captureTime }));
  cost.write.push(microseconds(captureTime));
}

function costs() {
  const { write, memcpy } = cost;
  cost.write = [];
  cost.memcpy = [];
  return plan.copy ? { write, memcpy } : {};
}

await produce(plan.copy ? oneCopy : inPlace, costs);
ring.close();
