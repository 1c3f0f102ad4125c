/** Publishes frames as fast as it can until it is stopped. */
import { Publisher } from 'framelane/ring';
import { plan, tell } from './rounds.mjs';

const ring = Publisher.open(plan.ring, { capacity: plan.bytes, slots: 8 });
const init = { captureTime: 1n };
let ended = false;
process.stdin.resume().once('end', () => {
  ended = true;
});
tell('producer', { ready: true });
while (!ended) {
  for (let i = 0; i < 16; i++) {
    const loan = ring.loan(plan.spec);
    loan.bytes[0] = i;
    loan.publish(init);
  }
  await new Promise(setImmediate);
}
ring.close();
