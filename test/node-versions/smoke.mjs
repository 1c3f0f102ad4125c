/** The built package and its addon under whatever Node runs this: a frame through a ring and back, then the clean-up. */
import assert from 'node:assert/strict';
import { Publisher, Subscriber } from 'framelane/ring';

const name = `smoke-${process.pid}`;
const size = { format: 'gray8', width: 641, height: 479 };
const frames = 3;

const publisher = Publisher.open(name, { capacity: size.width * size.height });
try {
  const subscriber = await Subscriber.open(name);
  let seen = 0;
  const publish = () => {
    const loan = publisher.loan(size);
    assert.ok(loan, 'a ring that nobody holds frames of has a free slot');
    loan.bytes.fill(7 + seen);
    loan.publish();
  };
  publish();
  for await (const frame of subscriber) {
    assert.equal(frame.width, size.width);
    assert.equal(frame.height, size.height);
    assert.ok(frame.data.every((byte) => byte === 7 + seen));
    frame.release();
    assert.throws(() => frame.data, { code: 'FRAME_RELEASED' });
    if (++seen === frames) break;
    publish();
  }
  assert.equal(seen, frames);
  subscriber.close();
} finally {
  publisher.close();
}
await assert.rejects(async () => Subscriber.open(name), { code: 'RING_NOT_FOUND' });
console.log(`ok    Node ${process.version}`);
