import { expect, test } from 'vitest';
import type { AccessUnit } from '../../src/nal/index.js';
import { type Gather, HevcPayloader, type ReceiverCore, rowWords } from '../../src/rtp/index.js';
import { batchOf, deliver } from './batch.js';
import { packetOf, Receiving, unitPackets } from './receiving.js';
import { annexB, sentUnits } from './streams.js';

const format = { codec: 'hevc' } as const;
const delimiter = [0x46, 1, 0x50];
const MiB = 1 << 20;

/** Packets with a payload of `bytes` that begins with given ones; they go on from number to number, batch by batch. */
class PacketTrain {
  readonly slab: Uint8Array;
  readonly table: Uint32Array;
  readonly rows: number;

  constructor(count: number, first: readonly number[], { ssrc = 7, sequence = 0, timestamp = 0, bytes = 1400 } = {}) {
    const payload = new Uint8Array(bytes).fill(1);
    payload.set(first);
    const packets = Array.from({ length: count }, (_, index) =>
      packetOf({ sequence: sequence + index, timestamp, ssrc, payload }),
    );
    ({ slab: this.slab, table: this.table, rows: this.rows } = batchOf(packets));
  }

  /** From now on the packets have another timestamp, 0 to 255. */
  stamp(timestamp: number): void {
    for (let row = 0; row < this.rows; row++) this.slab[(this.table[rowWords * row] as number) + 7] = timestamp;
  }

  /** Number of the first packet that arrives next. */
  get sequence(): number {
    return ((this.slab[2] as number) << 8) | (this.slab[3] as number);
  }

  /** From now on the packets are numbered from here. */
  number(sequence: number): void {
    for (let row = 0; row < this.rows; row++) {
      const at = (this.table[rowWords * row] as number) + 2;
      this.slab[at] = (sequence + row) >> 8;
      this.slab[at + 1] = sequence + row;
    }
  }

  /** The packets arrive, and become those that follow them. */
  arriveAt(core: ReceiverCore, nowMs = 0): void {
    core.receive(this.slab, this.table, this.rows, nowMs);
    this.number(this.sequence + this.rows);
  }
}

const fragmentsBegin = [0x62, 1, 0x93];
const fragmentsGoOn = [0x62, 1, 0x13];

test('endless fragments of NAL units, 400 MiB, stay within the stated limit and a MiB', () => {
  const maxMemoryBytes = 8 * MiB;
  const receiving = new Receiving(format, { maxMemoryBytes, maxUnitBytes: 4 * MiB });
  receiving.take(unitPackets([delimiter]));
  const begin = new PacketTrain(1, fragmentsBegin, { sequence: 1 });
  const train = new PacketTrain(500, fragmentsGoOn, { sequence: 2 });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let held = 0;
  for (let unit = 1; unit <= 20; unit++) {
    begin.stamp(unit);
    train.stamp(unit);
    if (unit > 1) begin.number(train.sequence);
    begin.arriveAt(receiving.core);
    train.number(begin.sequence);
    for (let sent = 0; sent < 20 * MiB; sent += train.slab.length) {
      train.arriveAt(receiving.core);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      held = Math.max(held, receiving.core.heldBytes);
    }
  }
  receiving.core.flush();
  // The first units without a marker, of a sender that had one, are not trusted in their beginnings.
  expect(receiving.reasons).toEqual(['limit', 'loss', 'loss', ...Array(17).fill('limit')]);
  expect(held).toBeGreaterThan(4 * MiB); // it did grow
  expect(held).toBeLessThanOrEqual(maxMemoryBytes);
  expect(most).toBeLessThanOrEqual(maxMemoryBytes + MiB);
});

test('an endless number of NAL units in one access unit is cut off', () => {
  const receiving = new Receiving(format).take(unitPackets([delimiter]));
  const aggregate = [0x60, 1, ...Array.from({ length: 300 }, () => [0, 2, 2, 1]).flat()];
  const train = new PacketTrain(250, aggregate, { sequence: 1, timestamp: 1, bytes: aggregate.length });
  train.arriveAt(receiving.core);
  receiving.core.flush();
  expect(receiving.reasons).toEqual(['limit']);
});

test('a unit of 5000 NAL units comes out whole', () => {
  const unit = annexB(
    Array.from({ length: 5000 }, (_, index) => Uint8Array.of(index === 0 ? 0x46 : 2, 1, index & 255)),
  );
  const receiving = new Receiving(format);
  for (const { packets } of sentUnits([unit, unit, unit], new HevcPayloader())) receiving.take(packets);
  expect(receiving.units.map(({ data }) => Buffer.compare(data, unit.data))).toEqual([0, 0, 0]);
  expect(receiving.units[2]?.nalUnits).toEqual([...unit.nalUnits]);
});

test('a unit has at most the bytes of its limit', () => {
  const receiving = new Receiving(format, { maxUnitBytes: 100 });
  const slices = [96, 97].map((bytes) => [2, 1, ...Array<number>(bytes - 2).fill(0x80)]);
  slices.forEach((slice, index) => {
    receiving.take(unitPackets([[...delimiter].slice(0, 2)], { sequence: 2 * index, timestamp: 2 * index }));
    receiving.take(unitPackets([slice], { sequence: 2 * index + 1, timestamp: 2 * index + 1 }));
  });
  expect(receiving.units.map(({ data }) => data.length)).toEqual([6, 100, 6]);
  expect(receiving.reasons).toEqual(['limit']);
});

test('what is left of a unit that was dropped does not get into the next, which has its buffer', () => {
  const receiving = new Receiving(format).take(unitPackets([delimiter]));
  const dropped = [fragmentsBegin, [...fragmentsGoOn, ...Array<number>(300).fill(7)], [2, 1, 0x80]];
  const next = annexB([0, 1, 2, 3].map((byte) => Uint8Array.from([2, 1, 0x80, ...Array<number>(20).fill(byte + 9)])));
  const [sent] = sentUnits([next], new HevcPayloader(), { ssrc: 7, sequence: 4, timestamp: 2, maxPacketBytes: 64 });
  receiving.take([...unitPackets(dropped, { sequence: 1, timestamp: 1 }), ...(sent?.packets ?? [])]);
  expect(receiving.reasons).toEqual(['malformed']);
  expect(Buffer.compare(receiving.units[1]?.data as Uint8Array, next.data)).toBe(0);
});

test('a flood of forged SSRCs neither grows memory nor ends a stream', () => {
  const receiving = new Receiving(format, { maxSources: 8 });
  receiving.take(unitPackets([delimiter]));
  receiving.take(unitPackets([[2, 1, 0x80]], { sequence: 1, timestamp: 1 }));
  let held = 0;
  for (let round = 2; round <= 200; round++) {
    const forged = Array.from({ length: 50 }, (_, index) => {
      const ssrc = 1000 + 50 * round + index;
      return unitPackets([fragmentsBegin, fragmentsGoOn], { ssrc }).slice(0, 1 + (index % 2));
    });
    receiving.take([...forged.flat(), ...unitPackets([[2, 1, 0x80]], { sequence: round, timestamp: round })]);
    held = Math.max(held, receiving.core.heldBytes);
  }
  expect(receiving.units.length).toBe(201);
  expect(receiving.core.sources.size).toBe(8);
  expect(held).toBeLessThanOrEqual(9 * (64 << 10));
  expect(receiving.core.statistics.refusedSources).toBeGreaterThan(1000);
});

test('forged streams that take all memory lose it to one that brings whole units', () => {
  const receiving = new Receiving(format, { maxMemoryBytes: 4 * MiB, maxUnitBytes: 4 * MiB });
  receiving.take(unitPackets([delimiter]));
  for (let ssrc = 100; ssrc < 110; ssrc++) {
    receiving.take([packetOf({ ssrc, payload: Uint8Array.from(delimiter) })]);
    new PacketTrain(600, [2, 1, 0x80], { ssrc, sequence: 1 }).arriveAt(receiving.core);
  }
  expect(receiving.core.heldBytes).toBeGreaterThan(3 * MiB);
  const unit = annexB([Uint8Array.from([2, 1, 0x80, ...new Uint8Array(900_000).fill(5)])]);
  const [sent] = sentUnits([unit], new HevcPayloader(), { ssrc: 7, sequence: 1, timestamp: 1 });
  receiving.take(sent?.packets ?? []);
  expect(receiving.units.at(-1)?.data.length).toBe(unit.data.length);
  expect(receiving.core.heldBytes).toBeLessThanOrEqual(4 * MiB);
});

test('a source that is idle makes room for another, the one that is idle for longest', () => {
  const ended: number[] = [];
  const receiving = new Receiving(format, { maxSources: 2, onSourceEnd: ({ ssrc }) => ended.push(ssrc) });
  receiving.take(unitPackets([delimiter, delimiter], { ssrc: 1 }), 0);
  receiving.take(unitPackets([delimiter, delimiter], { ssrc: 2 }), 10);
  receiving.take(unitPackets([delimiter], { ssrc: 3 }), 4999);
  expect(ended).toEqual([]);
  receiving.take(unitPackets([delimiter], { ssrc: 3 }), 5010);
  expect(ended).toEqual([1]);
  receiving.core.end(2);
  expect(ended).toEqual([1, 2]);
  expect([...receiving.core.sources.values()].map(({ ssrc }) => ssrc)).toEqual([3]);
});

test('sources that never brought a whole unit make room after 200 ms, those that never followed a packet at once', () => {
  const ended: number[] = [];
  const receiving = new Receiving(format, { maxSources: 3, onSourceEnd: ({ ssrc }) => ended.push(ssrc) });
  receiving.take(unitPackets([delimiter, delimiter], { ssrc: 1 }), 0);
  receiving.take(unitPackets([fragmentsGoOn, fragmentsGoOn], { ssrc: 2 }), 0);
  receiving.take(unitPackets([fragmentsGoOn, fragmentsGoOn], { ssrc: 3 }), 10);
  receiving.take(unitPackets([delimiter], { ssrc: 4 }), 199);
  expect(ended).toEqual([]);
  receiving.take(unitPackets([delimiter], { ssrc: 4 }), 200);
  receiving.take(unitPackets([delimiter], { ssrc: 5 }), 200);
  receiving.take(unitPackets([delimiter, delimiter], { ssrc: 6 }), 210);
  receiving.take(unitPackets([delimiter], { ssrc: 7 }), 210);
  expect(ended).toEqual([2, 4, 5, 3]);
});

test('every header that there is: 65 lengths with each first byte give a unit or are counted', () => {
  const receiving = new Receiving({ codec: 'generic', bare: true }, { trustStart: true });
  for (let length = 0; length <= 64; length++) {
    const datagrams = Array.from({ length: 256 }, (_, first) => {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + first) & 0xff);
      bytes.set([first, 0x80 | 96, length, first, 0, 0, 0, 0, 0, 0, 0, 7].slice(0, length));
      return bytes;
    });
    deliver(receiving.core, datagrams, length);
  }
  const { datagrams, malformed, rtcpPackets, unknownPayloads, refusedSources } = receiving.core.statistics;
  const counted = [...receiving.core.sources.values()].reduce((sum, { statistics }) => sum + statistics.packets, 0);
  expect(datagrams).toBe(16_640);
  expect(malformed).toBeGreaterThan(256 * 12 + 192 * 53 - 1); // too short, or not version 2
  expect(malformed + rtcpPackets + unknownPayloads + refusedSources + counted).toBeGreaterThanOrEqual(16_640);
  expect(receiving.units.length).toBeGreaterThan(200);
});

test('one datagram of 20 bytes with an extension of 65535 words is counted, not followed', () => {
  const receiving = new Receiving(format);
  deliver(receiving.core, [
    Uint8Array.from([0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, 0xff, 0xff, 0, 0, 0, 0]),
  ]);
  expect(receiving.core.statistics).toMatchObject({ datagrams: 1, malformed: 1 });
});

test('a row of a train in segments of 0 bytes, or past the slab, does no harm', () => {
  const receiving = new Receiving(format);
  const table = new Uint32Array(2 * rowWords);
  table.set([0, 40, 0], 0);
  table.set([0xffff_0000, 0xffff_ffff, 0x7fff_ffff], rowWords);
  receiving.core.receive(new Uint8Array(40), table, 2, 0);
  expect(receiving.core.statistics.malformed).toBeGreaterThan(1);
});

test('RTCP packets go where they belong, as does what the kernel dropped', () => {
  const seen: number[][] = [];
  const receiving = new Receiving(format, {
    onRtcp: (slab, offset, length, table, row) =>
      seen.push([...slab.subarray(offset, offset + length), table[row + 3] ?? 0]),
  });
  const { slab, table } = batchOf([
    Uint8Array.of(0x80, 200, 0, 0),
    Uint8Array.of(0x80, 223, 0, 0),
    Uint8Array.of(0x80, 191, 0),
  ]);
  table[10] = 5;
  table[rowWords + 10] = 5;
  table[2 * rowWords + 10] = 9;
  receiving.core.receive(slab, table, 3, 0);
  expect(seen).toEqual([
    [0x80, 200, 0, 0, 5004],
    [0x80, 223, 0, 0, 5004],
  ]);
  expect(receiving.core.statistics).toMatchObject({ rtcpPackets: 2, malformed: 1, kernelDrops: 9 });
});

test('streams share a receiver by SSRC and payload type', () => {
  const receiving = new Receiving(format, {
    streams: [
      { payloadType: 96, format },
      { payloadType: 97, format: { codec: 'generic' } },
    ],
  });
  const units = unitPackets(
    [
      [0x46, 1, 1],
      [2, 1, 1],
      [2, 1, 2],
    ],
    { ssrc: 0xffff_ffff },
  );
  const others = [0, 1, 2].map((sequence) =>
    packetOf({
      ssrc: 5,
      payloadType: 97,
      sequence,
      timestamp: sequence,
      marker: true,
      payload: Uint8Array.of(0x80, 0, 0, 1, 9),
    }),
  );
  receiving.take(units.flatMap((packet, index) => [packet, others[index] as Uint8Array]));
  expect(receiving.units.map(({ ssrc }) => ssrc)).toEqual([5, 5, 0xffff_ffff, 5]);
  expect(receiving.lost).toEqual([]);
});

/** As the native one, copies without making views. */
const gatherBytewise: Gather = (from, ranges, count, into) => {
  for (let at = 0; at < 3 * count; at += 3) {
    const [offset, length, to] = [ranges[at] as number, ranges[at + 1] as number, ranges[at + 2] as number];
    for (let byte = 0; byte < length; byte++) into[to + byte] = from[offset + byte] as number;
  }
};

test('nothing is allocated a packet, and buffers of released units are used again', () => {
  const seen = new Set<ArrayBufferLike>();
  const onUnit = (unit: AccessUnit): void => {
    seen.add(unit.data.buffer);
    unit.release();
  };
  const receiving = new Receiving(format, { onUnit, gather: gatherBytewise });
  receiving.take(unitPackets([delimiter]));
  const train = new PacketTrain(700, [2, 1, 0x80], { sequence: 1, timestamp: 1 });
  const run = (rounds: number): void => {
    for (let round = 0; round < rounds; round++) {
      train.arriveAt(receiving.core);
      train.stamp(round & 255);
    }
  };
  run(200);
  const heap = process.memoryUsage();
  run(50);
  const after = process.memoryUsage();
  // 35,000 packets: 50 units have a few objects each, as Node's figures have.
  expect((after.heapUsed - heap.heapUsed) / 35_000).toBeLessThan(16);
  expect(after.arrayBuffers - heap.arrayBuffers).toBeLessThan(2 * MiB);
  expect(seen.size).toBeLessThanOrEqual(6);
});

test.each([
  [{ reorderPackets: 500 }, 'reorderPackets 500 is no power of two'],
  [{ reorderMs: -1 }, 'reorderMs -1 is not 0 or more'],
  [{ maxMemoryBytes: 1000 }, 'maxMemoryBytes 1000 is not'],
  [{ maxSources: 0 }, 'maxSources 0 is not'],
  [{ streams: [] }, 'no stream is given'],
  [{ streams: [{ payloadType: 128, format }] }, 'payload type 128'],
])('a receiver with %o is refused', (options, message) => {
  expect(() => new Receiving(format, options)).toThrow(message);
});
