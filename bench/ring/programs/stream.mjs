/** Node to Node over a byte stream: a unix socket, or a pipe that both inherited as descriptor 3. */
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { endWithInput, Latencies, plan, produce, stamp, tell } from './rounds.mjs';

/** Puts a stream's chunks together to frames, in memory that is made once. */
function collect(stream) {
  const frame = Buffer.alloc(plan.bytes);
  const latencies = new Latencies();
  let filled = 0;
  stream.on('data', (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.copy(frame, filled, at);
      at += part;
      filled += part;
      if (filled < plan.bytes) continue;
      filled = 0;
      latencies.add(frame.readBigUInt64LE());
      latencies.tellWhenFull();
    }
  });
}

async function send(stream) {
  const frame = Buffer.alloc(plan.bytes, 1);
  await produce(() => {
    stamp(frame);
    return new Promise((resolve) => stream.write(frame, resolve));
  });
  stream.end();
}

function consumeSocket() {
  const server = createServer((stream) => {
    server.close();
    collect(stream);
  });
  server.listen(plan.path, () => tell('consumer', { ready: true }));
}

async function connected() {
  const stream = connect(plan.path);
  await once(stream, 'connect');
  return stream;
}

if (plan.role === 'consumer') endWithInput();
if (plan.role === 'producer') {
  await send(plan.path === undefined ? new Socket({ fd: 3, readable: false, writable: true }) : await connected());
} else if (plan.path === undefined) {
  collect(new Socket({ fd: 3, readable: true, writable: false }));
  tell('consumer', { ready: true });
} else {
  consumeSocket();
}
