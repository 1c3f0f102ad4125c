/**
 * Sends units of video over UDP and prints what that cost this process, as one JSON line.
 * Arguments: how (`gso`, `mmsg`, `send`: Framelane by that path; `dgram`: node:dgram), port, bytes of a unit, units, units
 * between two pauses, milliseconds of a pause.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { UdpSocket } from 'framelane/net';
import { packetsOf, SendPlan } from 'framelane/rtp';

const [how, ...numbers] = process.argv.slice(2);
const [port, unitBytes, units, burst, pause] = numbers.map(Number);
const headerBytes = 15; // RTP, and the three bytes of an HEVC fragment
const packetBytes = 1400;

/** One run of fragments, as the payloader of HEVC plans a large NAL unit. */
function planOf(plan, data) {
  const payloadBytes = packetBytes - headerBytes;
  const count = Math.ceil(data.length / payloadBytes);
  plan.clear();
  const shape = { headerOffset: plan.header(headerBytes), headerBytes, payloadBytes };
  plan.fragments(count, 0, shape, shape, { ...shape, payloadBytes: data.length - payloadBytes * (count - 1) });
  return plan;
}

async function overFramelane(path) {
  const socket = await UdpSocket.open({ remote: { address: '127.0.0.1', port }, path });
  const plan = new SendPlan();
  return { write: (data) => socket.send(planOf(plan, data), data), close: () => socket.close() };
}

/** Packets cut beforehand: node:dgram is charged for sending alone. */
async function overDgram() {
  const socket = createSocket('udp4');
  await new Promise((done) => socket.connect(port, '127.0.0.1', done));
  const cut = new Map();
  const packets = (data) => {
    if (!cut.has(data))
      cut.set(
        data,
        [...packetsOf(planOf(new SendPlan(), data), data)].map((p) => Buffer.from(p)),
      );
    return cut.get(data);
  };
  const write = (data) =>
    new Promise((done) => {
      const all = packets(data);
      let left = all.length;
      for (const packet of all) socket.send(packet, () => --left === 0 && done());
    });
  return { write, close: () => socket.close() };
}

const sender = how === 'dgram' ? await overDgram() : await overFramelane(how);
// A handful of units, as an encoder's buffers are: they lie in the cache of no processor for long.
const data = Array.from({ length: 8 }, (_, i) => new Uint8Array(unitBytes).fill(i + 1));

async function send(count) {
  for (let unit = 0; unit < count; unit++) {
    await sender.write(data[unit % data.length]);
    if (unit % burst === burst - 1) await sleep(pause);
  }
}

await send(Math.ceil(units / 5));
const before = process.cpuUsage();
const began = performance.now();
await send(units);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - began) / 1000;
const gigabytes = (unitBytes * units) / 1e9;
console.log(JSON.stringify({ cpuSecondsPerGB: (user + system) / 1e6 / gigabytes, seconds, gigabytes }));
sender.close();
