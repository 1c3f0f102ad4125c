import { expect, test } from 'vitest';
import {
  AvcPayloader,
  GenericPayloader,
  HevcPayloader,
  headerExtension,
  type Payloader,
  packetsOf,
  RawPayloader,
  RtpPacket,
  SenderCore,
  type SenderCoreOptions,
  type UnitBytes,
} from '../../src/rtp/index.js';
import { bytesOf, plainUnit, unitOf } from './packets.js';

const options: SenderCoreOptions = {
  payloader: new HevcPayloader(),
  payloadType: 96,
  ssrc: 0xfeed_f00d,
  sequence: 65_530,
};
const nalUnit = (length: number): Uint8Array => bytesOf(length, 0x26, 0x01);

const sent = (core: SenderCore, unit: UnitBytes, timestamp: number, extension?: Uint8Array): RtpPacket[] =>
  [...packetsOf(core.plan(unit, timestamp, extension), unit.data)].map((bytes) => new RtpPacket(bytes));

test('sequence numbers go on from unit to unit and over 65535', () => {
  const core = new SenderCore({ ...options, payloader: new HevcPayloader() });
  const packets = [0, 3000, 6000].flatMap((timestamp) => sent(core, unitOf(nalUnit(4000)), timestamp));
  expect(packets.map(({ sequence }) => sequence)).toEqual([65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2]);
  expect(packets.map(({ timestamp }) => timestamp)).toEqual([0, 0, 0, 3000, 3000, 3000, 6000, 6000, 6000]);
  expect(core.sequence).toBe(3);
});

test('the timestamp offset is added modulo 2^32', () => {
  const core = new SenderCore({ ...options, timestampOffset: 0xffff_ff00 });
  expect(sent(core, unitOf(nalUnit(10)), 0x200)[0]?.timestamp).toBe(0x100);
  expect(core.timestamp).toBe(0x100);
  expect(core.wireTimestamp(0)).toBe(0xffff_ff00);
});

test('counts packets, and octets without headers, extensions and padding (RFC 3550, 6.4.1)', () => {
  const format = { sampling: 'YCbCr-4:2:2', depth: 10, width: 1920, height: 8 } as const;
  const picture = plainUnit(bytesOf((1920 / 2) * 5 * 8));
  const extension = headerExtension([{ id: 3, data: Uint8Array.of(1, 2, 3) }]);
  for (const payloader of [new RawPayloader(format), new GenericPayloader()]) {
    const core = new SenderCore({ ...options, payloader, maxPacketBytes: 1399 });
    const packets = [undefined, extension, undefined].flatMap((added) => sent(core, picture, 0, added));
    expect(core.packets).toBe(packets.length);
    expect(core.octets).toBe(packets.reduce((sum, { payload }) => sum + payload.length, 0));
    expect(core.units).toBe(3);
  }
});

test('the header extension of a unit stands in each of its packets, and only there', () => {
  const core = new SenderCore(options);
  const extension = headerExtension([{ id: 3, data: Uint8Array.of(1, 2, 3) }]);
  expect(sent(core, unitOf(nalUnit(3000)), 0, extension).every((packet) => packet.extension !== undefined)).toBe(true);
  expect(sent(core, unitOf(nalUnit(3000)), 0).some((packet) => packet.extension !== undefined)).toBe(false);
});

test('a unit that is refused moves nothing on, and the next is sent as if it had not been there', () => {
  const core = new SenderCore({ ...options, payloader: new HevcPayloader({ donl: true }) });
  sent(core, unitOf(nalUnit(10)), 0);
  const before = { packets: core.packets, octets: core.octets, sequence: core.sequence, units: core.units };
  expect(() => core.plan(unitOf(nalUnit(3000), []), 1)).toThrow(/leave it out/);
  expect({ packets: core.packets, octets: core.octets, sequence: core.sequence, units: core.units }).toEqual(before);
  const [packet] = sent(core, unitOf(nalUnit(10)), 2);
  expect([...(packet as RtpPacket).payload.subarray(2, 4)]).toEqual([0, 1]); // DONL
});

test('sequence numbers of raw video count on over 2^32', () => {
  const payloader = new RawPayloader({ sampling: 'RGB', depth: 8, width: 64, height: 400 });
  const core = new SenderCore({ ...options, payloader, sequence: 65_500 });
  const picture = plainUnit(bytesOf(64 * 400 * 3));
  const extended = (): number[] =>
    sent(core, picture, 0).map(
      ({ payload, sequence }) => (((payload[0] ?? 0) << 8) | (payload[1] ?? 0)) * 65_536 + sequence,
    );
  const numbers = [...extended(), ...extended()];
  expect(numbers).toEqual(numbers.map((_, index) => 65_500 + index));
  expect(numbers.at(-1)).toBeGreaterThan(65_536);
});

test('numbers that do not fit their fields are refused', () => {
  const wrong: Partial<SenderCoreOptions>[] = [
    { payloadType: 128 },
    { ssrc: -1 },
    { ssrc: 2 ** 32 },
    { sequence: 65_536 },
    { timestampOffset: 0.5 },
  ];
  for (const change of wrong) expect(() => new SenderCore({ ...options, ...change })).toThrow(/must be a whole number/);
  const core = new SenderCore({ ...options, maxPacketBytes: 63 });
  expect(() => core.plan(unitOf(nalUnit(10)), 0)).toThrow(/maxPacketBytes is 63/);
});

/** Plans units until the engine has settled, then measures: growth of all memory in bytes, CPU time in us a unit. */
function measured(
  payloader: Payloader,
  unit: UnitBytes,
  units: number,
): { grown: number; us: number; packets: number } {
  const core = new SenderCore({ ...options, payloader });
  for (let index = 0; index < units / 10; index++) core.plan(unit, index);
  const memory = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = memory();
  // The best of a few: the machine does other things too.
  const us = Array.from({ length: 5 }, () => {
    const begin = process.cpuUsage();
    for (let index = 0; index < units / 5; index++) core.plan(unit, index);
    const { user, system } = process.cpuUsage(begin);
    return (5 * (user + system)) / units;
  });
  return { grown: memory() - before, us: Math.min(...us), packets: core.plan(unit, 0).packets };
}

/** A unit of 1 MB of NAL units of this size. */
function megabyte(size: number): UnitBytes {
  const count = Math.floor(1_000_000 / (size + 4));
  const data = new Uint8Array(count * (size + 4));
  const nalUnits = new Uint32Array(2 * count);
  for (let index = 0; index < count; index++) {
    const at = index * (size + 4) + 4;
    data.set([0, 0, 0, 1, 0x26, 0x01], at - 4);
    nalUnits.set([at, size], 2 * index);
  }
  return { data, nalUnits, nalUnitCount: count };
}

test('10,000 units of 1 MB are planned in a few us each, and memory does not grow', () => {
  const { grown, us, packets } = measured(new HevcPayloader(), megabyte(999_996), 10_000);
  expect(packets).toBe(722 + 1);
  expect(us).toBeLessThan(50);
  expect(grown).toBeLessThan(4 << 20); // 7.2 million packets; the young generation comes and goes
});

test('1 MB in NAL units of 1,000 bytes is planned without allocation a packet', () => {
  const { grown, us, packets } = measured(new AvcPayloader(), megabyte(1000), 2000);
  expect(packets).toBe(996);
  expect(us).toBeLessThan(1500);
  expect(grown).toBeLessThan(4 << 20); // 2 million packets
});

test('a picture of uncompressed video is planned without allocation a packet', () => {
  const payloader = new RawPayloader({ sampling: 'RGB', depth: 8, width: 1920, height: 1080 });
  const { grown, us, packets } = measured(payloader, plainUnit(new Uint8Array(1920 * 1080 * 3)), 400);
  expect(packets).toBeGreaterThan(4500);
  expect(us / packets).toBeLessThan(1.5);
  expect(grown).toBeLessThan(4 << 20); // 1.8 million packets
});
