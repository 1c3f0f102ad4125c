import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SendPath, UdpSocket } from '../../src/net/index.js';
import { packetsOf, SendPlan } from '../../src/rtp/index.js';
import { planOf, steps, unit, videoPlan } from './plans.js';
import { Collector } from './sockets.js';

const paths: readonly SendPath[] = ['gso', 'mmsg', 'send'];

/** A packet as text: what differs is seen at once. */
const text = (packet: Uint8Array): string => Buffer.from(packet).toString('latin1');

/** UDP sends no empty datagrams of RTP, and none beyond its size: such a plan is refused, see below. */
const sendable = (plan: SendPlan): boolean => [...packetsOf(plan, unit)].every(({ length }) => length <= 65_507);

describe.each(paths)('by %s', (path) => {
  test.each([true, false])(
    'every plan arrives as packetsOf says (trains received whole: %s)',
    async (receiveTrains) => {
      using there = await Collector.open({ receiveTrains });
      using socket = await UdpSocket.open({ remote: there.endpoint, path });
      const checkPlan = async (plan: SendPlan) => {
        const expected = [...packetsOf(plan, unit)].map(text);
        await socket.send(plan, unit);
        const arrived = await there.take(expected.length);
        expect(arrived.map(text)).toEqual(expected);
      };
      await fc.assert(fc.asyncProperty(steps.map(planOf).filter(sendable), checkPlan), { numRuns: 60 });
      expect(socket.statistics.path).toBe(path);
    },
  );

  test('a unit of a megabyte arrives, one write after another', async () => {
    using there = await Collector.open();
    using socket = await UdpSocket.open({ remote: there.endpoint, path });
    const megabyte = Uint8Array.from({ length: 1_000_000 }, (_, at) => at % 251);
    const plan = videoPlan(megabyte.length);
    const expected = [...packetsOf(plan, megabyte)].map(text);
    for (let round = 0; round < 3; round++) {
      await socket.send(plan, megabyte);
      expect((await there.take(expected.length)).map(text)).toEqual(expected);
    }
  });
});

test('trains: 46 packets of 1,400 bytes each, one system call for each', async () => {
  using there = await Collector.open();
  using socket = await UdpSocket.open({ remote: there.endpoint });
  const plan = videoPlan(unit.length);
  await socket.send(plan, unit);
  await there.take(plan.packets);
  const trains = Math.ceil(plan.packets / 46);
  expect(socket.statistics).toMatchObject({ sentTrains: trains, sendCalls: trains, sentPackets: plan.packets });
  expect(socket.statistics.sentBytes).toBe(plan.bytes);
  expect(there.socket.statistics).toMatchObject({ receivedTrains: trains, receivedPackets: plan.packets });
  expect(there.rows).toBe(trains);
});

describe('a plan that points outside of its memory is refused, and nothing of it is read', () => {
  const shape = { headerOffset: 0, headerBytes: 12, payloadBytes: 100 };
  const plans: [string, (plan: SendPlan) => void][] = [
    ['a piece behind the data', (plan) => plan.piece(plan.packet(0, 12), unit.length - 10, 11)],
    ['a piece far behind the data', (plan) => plan.piece(plan.packet(0, 12), 0x7fff_ffff, 0xffff_ffff)],
    ['a piece behind the headers', (plan) => plan.piece(plan.packet(0, 12), 0x8000_0000 + plan.headers.length, 1)],
    ['a header behind the headers', (plan) => void plan.packet(plan.headers.length - 11, 12)],
    ['a packet of no bytes', (plan) => void plan.packet(0, 0)],
    ['a packet beyond 65,507 bytes', (plan) => plan.piece(plan.packet(0, 12), 0, 65_496)],
    ['fragments behind the data', (plan) => plan.fragments(1000, 0, shape, shape, shape)],
    ['billions of fragments', (plan) => plan.fragments(0xffff_ffff, 0, shape, shape, shape)],
    ['a fragment without sequence number', (plan) => plan.fragments(2, 0, shape, shape, { ...shape, headerBytes: 3 })],
    ['a single fragment', (plan) => plan.fragments(1, 0, shape, shape, shape)],
    ['more pieces than words', (plan) => plan.words.set([2 ** 31], plan.packet(0, 12) + 3)],
    ['an unknown step', (plan) => plan.words.set([3], plan.packet(0, 12))],
  ];
  test.each(plans)('%s', async (_, spoil) => {
    using there = await Collector.open();
    for (const path of paths) {
      using socket = await UdpSocket.open({ remote: there.endpoint, path });
      const plan = new SendPlan();
      plan.header(12);
      spoil(plan);
      await expect(socket.send(plan, unit)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
      expect(socket.statistics.sentPackets).toBe(0);
      // The socket is none the worse for it.
      await socket.send(videoPlan(3000), unit);
      expect(await there.take(3)).toHaveLength(3);
    }
  });
});

test('a plan without packets is done at once', async () => {
  using socket = await UdpSocket.open({ remote: { address: '127.0.0.1', port: 9 } });
  await socket.send(new SendPlan(), unit);
  expect(socket.statistics.sendCalls).toBe(0);
});

test('nobody receives: sending goes on, and the refusals are counted', async () => {
  const gone = await Collector.open();
  const { endpoint } = gone;
  gone.socket.close();
  for (const path of paths) {
    using socket = await UdpSocket.open({ remote: endpoint, path });
    const plan = videoPlan(unit.length);
    for (let round = 0; round < 20; round++) await socket.send(plan, unit);
    for (let round = 0; round < 20; round++) socket.sendDatagram(unit.subarray(0, 100));
    expect(socket.statistics.sentPackets).toBeGreaterThanOrEqual(20 * plan.packets);
    expect(socket.statistics.refused).toBeGreaterThan(0);
  }
});
