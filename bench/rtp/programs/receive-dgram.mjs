// receive-dgram SECONDS: takes datagrams by Node's own dgram and counts them, nothing else.
import { createSocket } from 'node:dgram';

const [seconds] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
let before;
let bytes = 0;
/** Datagrams until everything is compiled. */
const warmUp = 50_000;
let seen = 0;
socket.on('message', (message) => {
  if (++seen < warmUp) return;
  before ??= { cpu: process.cpuUsage(), began: performance.now() };
  bytes += message.length;
  if (performance.now() - before.began > Number(seconds) * 1000) finish();
});
socket.bind(0, '127.0.0.1', () => console.log(JSON.stringify({ port: socket.address().port })));

function finish() {
  const cpu = process.cpuUsage(before.cpu);
  const took = (performance.now() - before.began) / 1000;
  console.log(
    JSON.stringify({
      cpu: (cpu.user + cpu.system) / 1e6,
      user: cpu.user / 1e6,
      system: cpu.system / 1e6,
      bytes,
      seconds: took,
    }),
  );
  process.exit(0);
}
