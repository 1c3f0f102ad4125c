import { expect, test } from 'vitest';
import { GenericPayloader } from '../../src/rtp/index.js';
import { bytesOf, plainUnit } from './packets.js';
import { packetOf, Receiving } from './receiving.js';
import { sentUnits } from './streams.js';

/** A stream of which each packet is a unit: what comes out tells the order. */
const format = { codec: 'generic' } as const;

function numbered(sequence: number, bytes = 1): Uint8Array {
  const payload = new Uint8Array(4 + bytes).fill(sequence & 0xff, 4);
  payload.set([0x80, bytes >> 16, bytes >> 8, bytes]);
  return packetOf({ sequence: sequence & 0xffff, timestamp: sequence * 10, marker: true, payload });
}

const orderOf = ({ units }: Receiving): number[] => units.map(({ timestamp }) => Number(timestamp) / 10);
const countsOf = ({ core }: Receiving) => core.sources.get(7)?.statistics;

test('packets come out in order, whatever order they come in', () => {
  const receiving = new Receiving(format).take([3, 1, 2, 6, 5, 4, 7].map((sequence) => numbered(sequence)));
  // 3 is where the stream begins: nobody waited for 1 and 2.
  expect(orderOf(receiving)).toEqual([3, 4, 5, 6, 7]);
  expect(countsOf(receiving)).toMatchObject({ packets: 7, reordered: 2, lost: 0, duplicates: 2, units: 5 });
});

test('the first packet has the number 65535, and numbers wrap', () => {
  const receiving = new Receiving(format).take([65535, 65537, 65536, 65539, 65538].map((number) => numbered(number)));
  expect(orderOf(receiving)).toEqual([65535, 65536, 65537, 65538, 65539]);
});

test('65533, 65535, 0, 1, 65534, 2 come out in order, and none twice', () => {
  const receiving = new Receiving(format).take(
    [65533, 65535, 65536, 65537, 65534, 65538].map((number) => numbered(number)),
  );
  expect(orderOf(receiving)).toEqual([65533, 65534, 65535, 65536, 65537, 65538]);
  expect(countsOf(receiving)).toMatchObject({ lost: 0, duplicates: 0, restarts: 0 });
});

test('numbers wrap three times over without a loss', () => {
  const receiving = new Receiving(format);
  for (let from = 0; from < 200_000; from += 1000) {
    receiving.take(Array.from({ length: 1000 }, (_, index) => numbered(from + (index ^ 1))));
  }
  expect(receiving.units.length).toBe(199_999); // the second packet came before the first
  expect(countsOf(receiving)).toMatchObject({ lost: 0, restarts: 0 });
});

test('a packet is waited for 50 ms and no longer', () => {
  const receiving = new Receiving(format).take([numbered(0), numbered(2)], 1000);
  expect(receiving.core.deadlineMs).toBe(1050);
  receiving.core.poll(1049);
  expect(orderOf(receiving)).toEqual([0]);
  receiving.core.poll(1050);
  expect(orderOf(receiving)).toEqual([0, 2]);
  expect(receiving.core.deadlineMs).toBe(undefined);
  receiving.take([numbered(1), numbered(2)], 1060);
  expect(countsOf(receiving)).toMatchObject({ lost: 1, late: 1, duplicates: 1, reordered: 1 });
});

test('what waits too long is given up when packets come, without a poll', () => {
  const receiving = new Receiving(format).take([numbered(0), numbered(2)], 0);
  receiving.take([numbered(4)], 60);
  expect(orderOf(receiving)).toEqual([0, 2]);
});

test('a duplicate of a packet that waits is none of the source any more', () => {
  const receiving = new Receiving(format).take([numbered(0), numbered(2), numbered(2), numbered(1), numbered(1)]);
  expect(orderOf(receiving)).toEqual([0, 1, 2]);
  expect(countsOf(receiving)).toMatchObject({ duplicates: 2, lost: 0 });
});

test('the window has so many packets: one that is further ahead moves it on', () => {
  const receiving = new Receiving(format, { reorderPackets: 16 });
  receiving.take([numbered(0), numbered(5), numbered(16)]);
  expect(orderOf(receiving)).toEqual([0]);
  receiving.take([numbered(17)]); // 2 is now the least that is waited for
  receiving.take([numbered(1), numbered(2)]);
  expect(countsOf(receiving)).toMatchObject({ late: 1, lost: 1 });
  expect(orderOf(receiving)).toEqual([0, 2]);
  receiving.take([numbered(40)]); // 25 is now the least: all that waited is out
  expect(orderOf(receiving)).toEqual([0, 2, 5, 16, 17]);
});

test('the window has so many bytes: what does not fit moves it on', () => {
  const receiving = new Receiving(format, { reorderBytes: 64 << 10 });
  receiving.take(Array.from({ length: 200 }, (_, index) => numbered(2 * index, 1400)));
  expect(receiving.core.heldBytes).toBeLessThanOrEqual(2 * (64 << 10)); // the window, and the unit
  expect(receiving.units.length).toBeGreaterThan(200 - 47);
  receiving.core.flush();
  expect(orderOf(receiving)).toEqual(Array.from({ length: 200 }, (_, index) => 2 * index));
});

test('packets that wait are not touched by what arrives after them', () => {
  const receiving = new Receiving(format, { reorderBytes: 64 << 10 });
  for (let base = 0; base < 4000; base += 40) {
    // Each forty backwards but their first, one by one: the window fills and empties around its end.
    for (let index = 0; index < 40; index++) {
      const sequence = base + (index === 0 ? 0 : 40 - index);
      receiving.take([numbered(sequence, 1 + ((sequence * 37) % 1500))]);
    }
  }
  expect(orderOf(receiving)).toEqual(Array.from({ length: 4000 }, (_, index) => index));
  const wrong = receiving.units.filter(
    ({ data, sequence }) =>
      data.length !== 1 + (((sequence - 1) * 37) % 1500) || data.some((byte) => byte !== ((sequence - 1) & 255)),
  );
  expect(wrong).toEqual([]);
});

test('a sender that begins anew far off is followed from its second packet on, and its first is not lost', () => {
  const receiving = new Receiving(format).take([numbered(0), numbered(1), numbered(30_000)]);
  expect(orderOf(receiving)).toEqual([0, 1]);
  receiving.take([numbered(30_001), numbered(30_002)]);
  expect(orderOf(receiving)).toEqual([0, 1, 30_000, 30_001, 30_002]);
  expect(countsOf(receiving)).toMatchObject({ stray: 1, restarts: 1, lost: 0 });
});

test('one stray packet moves nothing', () => {
  const receiving = new Receiving(format).take([
    numbered(0),
    numbered(30_000),
    numbered(1),
    numbered(45_000),
    numbered(2),
  ]);
  expect(orderOf(receiving)).toEqual([0, 1, 2]);
  expect(countsOf(receiving)).toMatchObject({ stray: 2, restarts: 0 });
});

test('a sender that begins anew just behind where it was is followed after a second', () => {
  const receiving = new Receiving(format).take([numbered(1000), numbered(1001)], 0);
  for (let index = 0; index < 60; index++) receiving.take([numbered(500 + index)], 20 * index);
  expect(orderOf(receiving)).toEqual([1000, 1001, ...Array.from({ length: 10 }, (_, index) => 550 + index)]);
  expect(countsOf(receiving)).toMatchObject({ restarts: 1 });
});

test('a second path that brings everything again, seconds late, is not taken for a sender that began anew', () => {
  const receiving = new Receiving(format);
  for (let index = 0; index < 3000; index++) {
    receiving.take([numbered(10_000 + index)], index);
    if (index >= 2000) receiving.take([numbered(8_000 + index)], index);
  }
  expect(orderOf(receiving)).toEqual(Array.from({ length: 3000 }, (_, index) => 10_000 + index));
  expect(countsOf(receiving)).toMatchObject({ restarts: 0, duplicates: 1000 });
});

test('what was handed out of the window is copied before other packets take its place', () => {
  const unit = plainUnit(bytesOf(75_500));
  const [sent] = sentUnits([unit], new GenericPayloader(), { maxPacketBytes: 1016, sequence: 0 });
  const order = [0, ...range(2, 40), ...range(41, 51), 1, ...range(51, 76), 40];
  const receiving = new Receiving(format, { reorderBytes: 64 << 10 });
  receiving.take(order.map((index) => sent?.packets[index] as Uint8Array));
  expect(receiving.units.map(({ data }) => Buffer.compare(data, unit.data))).toEqual([0]);
});

test('a packet for which a full window has no room is the next, when it comes before all that wait', () => {
  const receiving = new Receiving(format, { reorderBytes: 64 << 10 });
  receiving.take([numbered(0), ...range(10, 56).map((sequence) => numbered(sequence, 1400)), numbered(5, 1400)]);
  expect(orderOf(receiving)).toEqual([0, 5]);
  receiving.core.flush();
  expect(orderOf(receiving)).toEqual([0, 5, ...range(10, 56)]);
  expect(countsOf(receiving)).toMatchObject({ lost: 8 });
});

/** Whole numbers from one to below another. */
function range(from: number, end: number): number[] {
  return Array.from({ length: end - from }, (_, index) => from + index);
}
