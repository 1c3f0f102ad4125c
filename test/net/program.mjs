/**
 * Parts for processes of their own: in a network namespace, under strace, ending in every way. The first argument is the
 * part, the second its options as JSON; prints a line of JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { UdpSocket } from 'framelane/net';
import { packetsOf, SendPlan } from 'framelane/rtp';

const unit = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 31 + (at >> 8)) & 255);
const say = (line) => console.log(JSON.stringify(line));
const sockets = [];

/** Opens a socket that is closed at the end. */
async function open(options) {
  const socket = await UdpSocket.open(options);
  sockets.push(socket);
  return socket;
}

/** A run of fragments like that of a 4K stream. */
function planOf(data, packetBytes = 1400) {
  const plan = new SendPlan();
  const payloadBytes = packetBytes - 14;
  const count = Math.ceil(data.length / payloadBytes);
  const shape = { headerOffset: plan.header(14), headerBytes: 14, payloadBytes };
  plan.fragments(count, 0, shape, shape, { ...shape, payloadBytes: data.length - payloadBytes * (count - 1) });
  return plan;
}

/** Collects what arrives, as text. */
function collect(socket) {
  const packets = [];
  socket.receive((slab, table, rows) => {
    for (let at = 0; at < rows * 12; at += 12) {
      const end = table[at] + table[at + 1];
      for (let from = table[at]; from < end; from += table[at + 2]) {
        packets.push(Buffer.from(slab.slice(from, Math.min(end, from + table[at + 2]))).toString('latin1'));
      }
    }
  });
  return packets;
}

const parts = {
  /** Sends units to itself; says whether they arrived whole, in order, and the statistics of both ends. */
  async exchange({ address, units = 1, packetBytes, sending = {}, receiving = {} }) {
    const there = await open({ local: { address }, ...receiving });
    const remote = { address, port: there.local.port };
    const socket = await open({ remote, ...sending });
    const arrived = collect(there);
    const plan = planOf(unit, packetBytes);
    const expected = [...packetsOf(plan, unit)].map((packet) => Buffer.from(packet).toString('latin1'));
    const began = performance.now();
    for (let i = 0; i < units; i++) await socket.send(plan, unit);
    const milliseconds = performance.now() - began;
    for (let i = 0; i < 300 && arrived.length < units * expected.length; i++) await sleep(10);
    const whole =
      arrived.length === units * expected.length && arrived.every((p, i) => p === expected[i % expected.length]);
    say({ whole, milliseconds, packets: expected.length, sent: socket.statistics, received: there.statistics });
  },

  /** What opening or sending to an address throws. */
  async reach({ address }) {
    const error = await UdpSocket.open({ remote: { address, port: 5004 } })
      .then((socket) => socket.send(planOf(unit), unit))
      .catch((reason) => reason);
    say({ code: error?.code, message: error?.message });
  },

  /** Multicast through an interface that is not the loopback one, heard on this machine or not. */
  async group({ group, networkInterface, loopback }) {
    const multicast = { interface: networkInterface, loopback };
    const there = await open({ multicast: { ...multicast, group } });
    const socket = await open({ remote: { address: group, port: there.local.port }, multicast });
    const arrived = collect(there);
    socket.sendDatagram(unit.subarray(0, 100));
    await sleep(100);
    say({ heard: arrived.length });
  },

  /** A socket that receives, and then: its process ends by itself, or not. */
  async end({ way }) {
    const socket = await UdpSocket.open({ local: { address: '127.0.0.1' } });
    socket.receive(() => undefined);
    if (way === 'close') socket.close();
    if (way === 'unref') socket.unref();
    if (way === 'stop') socket.receive(undefined);
    if (way === 'exit') process.exit(0);
    if (way === 'throw') {
      socket.receive(() => {
        throw new Error('from the listener');
      });
      socket.sendDatagram(Uint8Array.of(1), socket.local);
    }
    say({ way });
  },

  /** Workers with sockets that receive are terminated; says how many files that left open. */
  async workers({ count }) {
    const { readdirSync } = await import('node:fs');
    const files = () => readdirSync('/proc/self/fd').length;
    const code = `
      const { parentPort } = require('node:worker_threads');
      import('framelane/net').then(async ({ UdpSocket }) => {
        for (let i = 0; i < 5; i++) {
          const socket = await UdpSocket.open({ local: { address: '127.0.0.1' } });
          socket.receive(() => undefined);
          if (i === 4) socket.close();
        }
        parentPort.postMessage('open');
      });`;
    const run = async () => {
      const worker = new Worker(code, { eval: true });
      await new Promise((resolve) => worker.once('message', resolve));
      const open = files();
      await worker.terminate();
      return open;
    };
    await run(); // whatever threads leave behind once
    const before = files();
    let most = 0;
    for (let i = 0; i < count; i++) most = Math.max(most, await run());
    say({ grew: files() - before, opened: most - before });
  },

  /** Sends and receives for a while; says by how much memory grew after the first part. */
  async growth({ units }) {
    const there = await open({ local: { address: '127.0.0.1' } });
    const socket = await open({ remote: { address: '127.0.0.1', port: there.local.port } });
    let bytes = 0;
    there.receive((_slab, table, rows) => {
      for (let row = 0; row < rows; row++) bytes += table[row * 12 + 1];
    });
    const plan = planOf(unit);
    const run = async () => {
      for (let i = 0; i < units; i++) {
        await socket.send(plan, unit);
        if (i % 10 === 9) await new Promise(setImmediate);
      }
      globalThis.gc();
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      return { rss, heapUsed, arrayBuffers };
    };
    await run();
    // What grows with the units grows in every run; the compiler's own memory in one or the other.
    const runs = [await run(), await run(), await run()];
    const least = (key) => Math.min(runs[1][key] - runs[0][key], runs[2][key] - runs[1][key]);
    say({ grew: Object.fromEntries(Object.keys(runs[0]).map((key) => [key, least(key)])), bytes });
  },
};

const [part, options = '{}'] = process.argv.slice(2);
await parts[part](JSON.parse(options));
for (const socket of sockets) socket.close();
