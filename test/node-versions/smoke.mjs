/**
 * The built package and its addon under whatever Node runs this: a frame through a ring and back, a unit over UDP, then
 * the clean-up.
 */
import assert from 'node:assert/strict';
import { nativePrimitives, UdpSocket } from 'framelane/net';
import { Publisher, Subscriber } from 'framelane/ring';
import { SendPlan } from 'framelane/rtp';
import { SrtpKey, SrtpProtector, SrtpUnprotector } from 'framelane/srtp';

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

const receiver = await UdpSocket.open({ local: { address: '127.0.0.1' } });
const sender = await UdpSocket.open({ remote: { address: '127.0.0.1', port: receiver.local.port } });
const plan = new SendPlan();
const shape = { headerOffset: plan.header(12), headerBytes: 12, payloadBytes: 1000 };
plan.fragments(100, 0, shape, shape, shape);
const arrived = new Promise((resolve) => {
  let bytes = 0;
  receiver.receive((_slab, table, rows) => {
    for (let row = 0; row < rows; row++) bytes += table[row * 12 + 1];
    if (bytes === plan.bytes) resolve(bytes);
  });
});
await sender.send(plan, new Uint8Array(100_000));
assert.equal(await arrived, plan.bytes);
sender.close();
receiver.close();
// The OpenSSL that this Node contains; packets of one way of computing are opened by the other.
for (const [suite, bytes] of [
  ['AEAD_AES_128_GCM', 28],
  ['AES_CM_128_HMAC_SHA1_80', 30],
]) {
  const key = new SrtpKey(suite, new Uint8Array(bytes).fill(7));
  const packet = new Uint8Array(1400).fill(1);
  packet.set([0x80, 96, 0, 1]);
  const sealed = new SrtpProtector(nativePrimitives(), key).protect(packet);
  const opened = new SrtpUnprotector(nativePrimitives({ openssl: true }), key).unprotect(sealed);
  assert.deepEqual(opened, packet);
}
console.log(`ok    Node ${process.version}`);
