import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { FramelaneError } from '../../src/error.js';
import { addressOfRow, parseAddress, rowWord, rowWords, UdpSocket } from '../../src/net/index.js';
import { packetsOf } from '../../src/rtp/index.js';
import { unit, videoPlan } from './plans.js';
import { Collector } from './sockets.js';

const here = { address: '127.0.0.1', port: 0 };
const hasV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const v6Test = test.skipIf(!hasV6);

/** Sends a unit, and expects its packets there. */
async function expectToArrive(socket: UdpSocket, there: Collector): Promise<void> {
  const plan = videoPlan(50_000);
  await socket.send(plan, unit);
  const arrived = await there.take(plan.packets);
  expect(arrived.map((packet) => Buffer.from(packet).toString('hex'))).toEqual(
    [...packetsOf(plan, unit)].map((packet) => Buffer.from(packet).toString('hex')),
  );
}

describe('a unit goes', () => {
  v6Test('over IPv6 (skipped without ::1)', async () => {
    using there = await Collector.open({ local: { address: '::1' } });
    using socket = await UdpSocket.open({ remote: there.endpoint });
    expect(socket.remote?.toString()).toBe(`[::1]:${there.endpoint.port}`);
    await expectToArrive(socket, there);
    expect(socket.statistics.sentTrains).toBeGreaterThan(0);
  });

  v6Test('from IPv4 to a socket of both families, which sees an IPv4 address (skipped without ::1)', async () => {
    using both = await UdpSocket.open({ local: { address: '::' } });
    using socket = await UdpSocket.open({ local: here, remote: { ...here, port: both.local.port } });
    const from = new Promise<string>((resolve) => {
      both.receive((_, table) => {
        const sender = addressOfRow(table, 0);
        both.sendDatagram(Uint8Array.of(1, 2, 3), sender);
        resolve(sender.toString());
      });
    });
    const answer = new Promise<number>((resolve) => {
      socket.receive((_, table) => resolve(table[rowWord.bytes] as number));
    });
    socket.sendDatagram(new Uint8Array(10));
    expect(await from).toBe(socket.local.toString());
    expect(await answer).toBe(3);
  });

  test('to a machine given by its name', async () => {
    using there = await Collector.open({ family: 4 });
    using socket = await UdpSocket.open({ remote: { address: 'localhost', port: there.endpoint.port }, family: 4 });
    expect(socket.remote?.address).toBe('127.0.0.1');
    await expectToArrive(socket, there);
  });

  test('to another address than the remote end, on a socket that has none', async () => {
    using there = await Collector.open();
    using socket = await UdpSocket.open();
    const plan = videoPlan(5000);
    await socket.send(plan, unit, { to: there.socket.local });
    expect(await there.take(plan.packets)).toHaveLength(plan.packets);
  });
});

describe('a multicast group', () => {
  const group = '239.255.77.7';
  const multicast = { interface: 'lo', ttl: 0 };
  const listener = (more = {}) =>
    Collector.open({ local: { port: 0 }, multicast: { group, interface: 'lo', ...more } });

  test('is heard by everybody who joined it on the same port', async () => {
    using first = await listener();
    const { port } = first.endpoint;
    using second = await Collector.open({ local: { port }, multicast: { group, interface: '127.0.0.1' } });
    using socket = await UdpSocket.open({ remote: { address: group, port }, multicast });
    const plan = videoPlan(20_000);
    await socket.send(plan, unit);
    expect(await first.take(plan.packets)).toHaveLength(plan.packets);
    expect(await second.take(plan.packets)).toHaveLength(plan.packets);
  });

  test('is not heard from another source than the one asked for', async () => {
    using all = await listener();
    using some = await Collector.open({
      local: { port: all.endpoint.port },
      multicast: { group, interface: 'lo', source: '127.0.0.9' },
    });
    const remote = { address: group, port: all.endpoint.port };
    using stranger = await UdpSocket.open({ remote, multicast });
    using source = await UdpSocket.open({ local: { address: '127.0.0.9' }, remote, multicast });
    stranger.sendDatagram(new Uint8Array(11));
    source.sendDatagram(new Uint8Array(22));
    expect((await all.take(2)).map(({ length }) => length)).toEqual([11, 22]);
    expect((await some.take(1)).map(({ length }) => length)).toEqual([22]);
  });

  test('answers to the sender from addresses of their own are heard', async () => {
    using there = await listener();
    using sender = await UdpSocket.open({ remote: { address: group, port: there.endpoint.port }, multicast });
    using member = await UdpSocket.open({ remote: { ...here, port: sender.local.port } });
    const heard = new Promise<number>((resolve) =>
      sender.receive((_, table) => resolve(table[rowWord.bytes] as number)),
    );
    member.sendDatagram(new Uint8Array(44));
    expect(await heard).toBe(44);
  });
});

describe('rows of a batch', () => {
  test('say who sent what, one a datagram when they come one by one', async () => {
    using receiver = await UdpSocket.open({ local: here });
    using first = await UdpSocket.open({ local: here, remote: { ...here, port: receiver.local.port } });
    using second = await UdpSocket.open({ local: here, remote: { ...here, port: receiver.local.port } });
    for (let i = 0; i < 50; i++) (i % 2 ? second : first).sendDatagram(new Uint8Array(100 + i).fill(i));
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      receiver.receive((slab, table, rows, now) => {
        expect(Math.abs(performance.now() - now)).toBeLessThan(1000);
        for (let row = 0; row < rows; row++) {
          const [offset = 0, bytes = 0, segment] = table.subarray(row * rowWords);
          expect(segment).toBe(bytes);
          expect(new Set(slab.subarray(offset, offset + bytes))).toEqual(new Set([bytes - 100]));
          seen.push(`${bytes} ${addressOfRow(table, row)}`);
        }
        if (seen.length === 50) resolve();
      });
    });
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => `${100 + i} ${(i % 2 ? second : first).local}`));
    expect(receiver.statistics.receiveCalls).toBeLessThan(10);
  });

  test('an empty datagram is a row of no bytes', async () => {
    using receiver = await UdpSocket.open({ local: here });
    using socket = await UdpSocket.open({ remote: { ...here, port: receiver.local.port } });
    const sizes: number[] = [];
    receiver.receive((_, table, rows) => {
      for (let row = 0; row < rows; row++) sizes.push(table[row * rowWords + rowWord.bytes] as number);
    });
    socket.sendDatagram(new Uint8Array(0));
    socket.sendDatagram(new Uint8Array(65_507));
    while (sizes.length < 2) await sleep(1);
    expect(sizes).toEqual([0, 65_507]);
  });
});

describe('what the kernel holds back is said', () => {
  test('a buffer that is capped, with the setting that caps it', async () => {
    for (const [option, limit] of [
      ['sendBufferBytes', 'wmem_max'],
      ['receiveBufferBytes', 'rmem_max'],
    ] as const) {
      const wanted = 0x3fff_ffff; // far beyond what any machine allows
      const warnings: FramelaneError[] = [];
      using socket = await UdpSocket.open({ [option]: wanted, onWarning: (warning) => warnings.push(warning) });
      expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining(`net.core.${limit}=${wanted}`)]);
      expect(socket.statistics[option]).toBeLessThan(wanted);
    }
  });

  test('datagrams that were dropped because nobody read', async () => {
    const warnings: FramelaneError[] = [];
    using there = await UdpSocket.open({
      local: here,
      receiveBufferBytes: 4096,
      onWarning: (warning) => warnings.push(warning),
    });
    using socket = await UdpSocket.open({ remote: { ...here, port: there.local.port } });
    for (let i = 0; i < 100; i++) socket.sendDatagram(unit.subarray(0, 1000));
    const { kernelDrops } = there.statistics;
    expect(kernelDrops).toBeGreaterThan(0);
    there.receive(() => undefined);
    await sleep(20);
    socket.sendDatagram(unit.subarray(0, 1000)); // the count comes with what is received next
    await sleep(20);
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('receiveBufferBytes')]);
    expect(there.statistics.receivedPackets + kernelDrops).toBe(101);
  });
});

describe('errors say what to do', () => {
  const remote = { address: '127.0.0.1', port: 5004 };

  test('a port in use', async () => {
    using taken = await UdpSocket.open({ local: here });
    const again = UdpSocket.open({ local: { ...here, port: taken.local.port } });
    await expect(again).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining('another port'),
    });
  });

  test.each([
    ['BAD_ARGUMENT', { local: { address: '192.0.2.1' } }],
    ['BAD_ARGUMENT', { local: { port: 70_000 } }],
    ['BAD_ARGUMENT', { remote: { address: '256.1.1.1', port: 5004 } }],
    ['BAD_ARGUMENT', { remote: { address: 'not a name', port: 5004 } }],
    ['BAD_ARGUMENT', { remote: { address: '127.0.0.1', port: 0 } }],
    ['BAD_ARGUMENT', { remote: { address: '::1', port: 5004 }, family: 4 as const }],
    ['BAD_ARGUMENT', { remote, dscp: 64 }],
    ['BAD_ARGUMENT', { remote, ttl: 0 }],
    ['BAD_ARGUMENT', { remote, receiveBufferBytes: -1 }],
    ['BAD_ARGUMENT', { multicast: { group: '10.0.0.1' } }],
    ['BAD_ARGUMENT', { multicast: { group: '239.1.2.3' }, local: { address: '::' } }],
    ['BAD_ARGUMENT', { multicast: { group: '239.1.2.3', interface: 'no-such-card' } }],
    ['UNREACHABLE', { remote: { address: 'no-such-machine.invalid', port: 5004 } }],
  ])('%s: %j', async (code, options) => {
    await expect(UdpSocket.open(options)).rejects.toMatchObject({ code });
  });

  test('a socket without a remote end asks whom to send to', async () => {
    using socket = await UdpSocket.open();
    await expect(socket.send(videoPlan(3000), unit)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(() => socket.sendDatagram(unit)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  test('a destination without a port, or of a family that the socket has not', async () => {
    using socket = await UdpSocket.open({ local: here });
    for (const to of [parseAddress('127.0.0.1'), parseAddress('::1', 5004)]) {
      await expect(socket.send(videoPlan(3000), unit, { to })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
      expect(() => socket.sendDatagram(unit, to)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
  });

  test('a socket that was closed', async () => {
    const socket = await UdpSocket.open({ remote });
    await socket.send(videoPlan(3000), unit);
    socket.close();
    socket.close();
    const gone = expect.objectContaining({ code: 'SOCKET_CLOSED' });
    await expect(socket.send(videoPlan(3000), unit)).rejects.toEqual(gone);
    expect(() => socket.sendDatagram(unit)).toThrow(gone);
    expect(() => socket.receive(() => undefined)).toThrow(gone);
    expect(socket.ref().unref().statistics.sentPackets).toBe(3);
  });

  test('a datagram that is too large', async () => {
    using socket = await UdpSocket.open({ remote });
    const large = () => socket.sendDatagram(new Uint8Array(65_508));
    expect(large).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

test('a refusal does not end receiving: who was not there yet is heard later', async () => {
  const { local } = await UdpSocket.open({ local: here }).then((socket) => {
    socket.close();
    return socket;
  });
  using early = await UdpSocket.open({ local: here, remote: { ...here, port: local.port } });
  let heard = 0;
  early.receive((_, __, rows) => {
    heard += rows;
  });
  early.sendDatagram(new Uint8Array(10));
  await sleep(20);
  expect(early.statistics.refused).toBeGreaterThan(0);
  using late = await UdpSocket.open({
    local: { ...here, port: local.port },
    remote: { ...here, port: early.local.port },
  });
  late.sendDatagram(new Uint8Array(10));
  await sleep(20);
  expect(heard).toBe(1);
});

test('others have their turn while datagrams pour in', async () => {
  using there = await UdpSocket.open({ local: here });
  using socket = await UdpSocket.open({ remote: { ...here, port: there.local.port } });
  const plan = videoPlan(unit.length);
  let batches = 0;
  let batchesOfTurn = 0;
  let most = 0;
  // Each batch is answered by more than it took out: the socket is never empty.
  there.receive(() => {
    batches++;
    most = Math.max(most, ++batchesOfTurn);
    for (let more = 0; more < 8; more++) void socket.send(plan, unit);
  });
  await socket.send(plan, unit);
  while (batches < 300) {
    await turn();
    batchesOfTurn = 0;
  }
  expect(most).toBeLessThanOrEqual(32);
});

test('a thousand sockets opened and closed leave no file behind', async () => {
  const files = () => readdirSync('/proc/self/fd').length;
  for (const round of [1, 2]) {
    const before = files();
    const sockets = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const socket = await UdpSocket.open({ local: here, remote: { ...here, port: 9 } });
        socket.receive(() => undefined);
        return socket;
      }),
    );
    expect(files(), `round ${round}`).toBe(before + 500);
    for (const socket of sockets) socket.close();
    expect(files()).toBe(before);
  }
});
