// send-dgram FILE PORT GB: the same packets by Node's own dgram, connected, cut and written before the clock starts: what
// is measured is `socket.send` alone.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const [file, port, gigabytes] = process.argv.slice(2);
const stream = readFileSync(file);
const packetBytes = 1400;
const packets = [];
for (let at = 0; at < stream.length; at += packetBytes - 15) {
  packets.push(Buffer.concat([Buffer.alloc(15, packets.length & 255), stream.subarray(at, at + packetBytes - 15)]));
}
const socket = createSocket({ type: 'udp4', sendBufferSize: 4 << 20 });
socket.connect(Number(port), '127.0.0.1');
await once(socket, 'connect');

/** So many sends are on their way at a time: enough that the socket is never idle. */
const window = 64;

function send(bytes) {
  let sent = 0;
  let at = 0;
  return new Promise((resolve, reject) => {
    let flying = 0;
    const done = (error) => {
      if (error) return reject(error);
      flying--;
      if (sent < bytes) next();
      else if (flying === 0) resolve(sent);
    };
    const next = () => {
      const packet = packets[at++ % packets.length];
      flying++;
      sent += packet.length;
      socket.send(packet, done);
    };
    for (let i = 0; i < window; i++) next();
  });
}

await send(50e6);
const before = { cpu: process.cpuUsage(), began: performance.now() };
const bytes = await send(Number(gigabytes) * 1e9);
const cpu = process.cpuUsage(before.cpu);
const seconds = (performance.now() - before.began) / 1000;
console.log(
  JSON.stringify({
    cpu: (cpu.user + cpu.system) / 1e6,
    user: cpu.user / 1e6,
    system: cpu.system / 1e6,
    bytes,
    seconds,
  }),
);
socket.close();
