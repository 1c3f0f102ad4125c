/** Node to Node over ZeroMQ (push and pull) on an ipc: address. */
import { Pull, Push } from 'zeromq';
import { endWithInput, Latencies, plan, produce, stamp, tell } from './rounds.mjs';

async function consume() {
  endWithInput();
  const socket = new Pull();
  await socket.bind(`ipc://${plan.path}`);
  const latencies = new Latencies();
  tell('consumer', { ready: true });
  for await (const [frame] of socket) {
    latencies.add(frame.readBigUInt64LE());
    latencies.tellWhenFull();
  }
}

async function send() {
  const socket = new Push();
  socket.connect(`ipc://${plan.path}`);
  await produce(async () => {
    // A frame that was handed over belongs to ZeroMQ until it is sent: each is new, from memory that was used before.
    const frame = Buffer.allocUnsafeSlow(plan.bytes);
    stamp(frame);
    await socket.send(frame);
  });
  socket.close();
}

await (plan.role === 'producer' ? send() : consume());
