/** Node to Node over child_process.send() with advanced serialization (the structured clone of V8). */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Latencies, plan, produce, stamp, tell } from './rounds.mjs';

function consume() {
  const latencies = new Latencies();
  process.on('message', (frame) => {
    latencies.add(Buffer.from(frame.buffer, frame.byteOffset, 8).readBigUInt64LE());
    latencies.tellWhenFull();
  });
  tell('consumer', { ready: true });
}

async function send() {
  const child = fork(fileURLToPath(import.meta.url), [process.argv[2]], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const frame = Buffer.alloc(plan.bytes, 1);
  await produce(() => {
    stamp(frame);
    return new Promise((resolve) => child.send(frame, resolve));
  });
  child.disconnect();
}

if (process.send === undefined) await send();
else consume();
