/** Takes frames out of a ring and looks at their first pixel: Node's other half of a ring under test. */
import { Subscriber } from 'framelane/ring';
import { endsRound, Latencies, plan, tell } from './rounds.mjs';

const ring = await Subscriber.open(plan.ring, { wait: 10_000 });
const latencies = new Latencies();
let firstPixel = 0;
tell('consumer', { ready: true });
for await (const frame of ring) {
  firstPixel = frame.data[0];
  latencies.add(frame.captureTime);
  const { data, sequence } = frame;
  if (firstPixel !== (sequence & 0xff) || data[data.length - 1] !== firstPixel)
    throw new Error(`frame ${sequence} is torn`);
  frame.release();
  if (endsRound(sequence)) latencies.tell();
}
