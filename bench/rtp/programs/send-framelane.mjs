// send-framelane FILE PORT GB: sends the stream's access units again and again, as fast as the socket takes them.
// Prints its CPU seconds and bytes of RTP, also when it is stopped by SIGTERM.
import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { RtpSender } from '../../../dist/net/index.js';
import { SrtpKey, srtpSuite } from '../../../dist/srtp/index.js';
import { unitsOf } from './units.mjs';

const [file, port, gigabytes, ...words] = process.argv.slice(2);
const units = unitsOf(file);
const { srtpSuite: suite, ...options } = JSON.parse(words[0] ?? '{}');
const sender = await RtpSender.open({
  address: '127.0.0.1',
  port: Number(port),
  codec: 'hevc',
  frameRate: 60,
  pace: false,
  rtcp: 'none',
  ...(suite === undefined ? {} : { srtp: { sendKey: randomKey(suite) } }),
  ...options,
});

function randomKey(name) {
  const { keyBytes, saltBytes } = srtpSuite(name);
  return new SrtpKey(name, randomBytes(keyBytes + saltBytes));
}

let stopped = false;
let next = 0;

/** Statistics ask the kernel, so not after each unit; signals have their turn then. */
async function send(bytes) {
  const until = sender.statistics.bytes + bytes;
  while (!stopped && sender.statistics.bytes < until) {
    for (let at = 0; at < 64; at++) await sender.write(units[next++ % units.length]);
    await turn();
  }
}

await send(50e6); // warm
global.gc?.();
const before = {
  cpu: process.cpuUsage(),
  bytes: sender.statistics.bytes,
  heap: process.memoryUsage().heapUsed,
  began: performance.now(),
};
process.once('SIGTERM', () => {
  stopped = true;
});
await send(Number(gigabytes) * 1e9);
const cpu = process.cpuUsage(before.cpu);
const { bytes, packets } = sender.statistics;
console.log(
  JSON.stringify({
    cpu: (cpu.user + cpu.system) / 1e6,
    user: cpu.user / 1e6,
    system: cpu.system / 1e6,
    bytes: bytes - before.bytes,
    packets,
    seconds: (performance.now() - before.began) / 1000,
    heapGrowth: process.memoryUsage().heapUsed - before.heap,
  }),
);
await sender.close();
