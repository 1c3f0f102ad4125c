import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HevcPayloader, packetsOf, RtpPacket, SendPlan } from '../../src/rtp/index.js';
import { anySize, bytesOf, context, faultsOf, nalUnitsOf, packetize, payloads, plainUnit, unitOf } from './packets.js';

const idr = 19;
/** A NAL unit of H.265 of `length` bytes: F 0, type, layer and temporal id plus 1. */
function nalUnit(length: number, type = idr, layer = 0, temporal = 1): Uint8Array {
  return bytesOf(length, (type << 1) | (layer >> 5), ((layer & 31) << 3) | temporal);
}

/** The NAL units that a receiver makes from the packets by RFC 7798, with the DON of each where there is one. */
function received(packets: readonly RtpPacket[], donl: boolean): { nalUnits: number[][]; order: number[] } {
  const nalUnits: number[][] = [];
  const order: number[] = [];
  for (const { payload } of packets) {
    const bytes = [...payload];
    const take = (count: number): number[] => bytes.splice(0, count);
    const number = (count: number): number => take(count).reduce((sum, byte) => sum * 256 + byte, 0);
    const header = take(2) as [number, number];
    const type = (header[0] >> 1) & 63;
    if (type === 48) {
      let don = donl ? number(2) : 0;
      for (let first = true; bytes.length > 0; first = false) {
        if (donl && !first) don += 1 + number(1);
        if (donl) order.push(don & 0xffff);
        nalUnits.push(take(number(2)));
      }
    } else if (type === 49) {
      const [fu] = take(1) as [number];
      if (fu & 0x80) {
        if (donl) order.push(number(2));
        nalUnits.push([(header[0] & 0x81) | ((fu & 63) << 1), header[1]]);
      }
      if (bytes.length === 0) throw new Error('a fragment without payload');
      nalUnits.at(-1)?.push(...bytes);
    } else {
      if (donl) order.push(number(2));
      nalUnits.push([...header, ...bytes]);
    }
  }
  return { nalUnits, order };
}

test('a NAL unit that fits goes alone, as it is (RFC 7798, 4.4.1)', () => {
  const unit = unitOf(nalUnit(1388));
  const packets = packetize(new HevcPayloader(), unit);
  expect(packets.map(({ payload }) => [...payload])).toEqual(nalUnitsOf(unit));
  expect(packets[0]?.bytes.length).toBe(1400);
  expect(faultsOf(packets)).toEqual([]);
});

test('small NAL units share an aggregation packet (RFC 7798, 4.4.2)', () => {
  const [vps, sps] = [
    [0x40, 0x01, 0xaa],
    [0x42, 0x01, 0xbb, 0xcc],
  ];
  expect(payloads(new HevcPayloader(), unitOf(vps, sps))).toEqual([[0x60, 0x01, 0, 3, ...vps, 0, 4, ...sps]]);
});

test('an aggregation packet has F when any unit has it, the lowest layer and the lowest temporal id', () => {
  const units = [nalUnit(4, 1, 40, 3), nalUnit(5, 1, 33, 5), nalUnit(6, 1, 63, 2)];
  (units[2] as Uint8Array)[0] = ((units[2] as Uint8Array)[0] as number) | 0x80;
  const [[first, second] = []] = payloads(new HevcPayloader(), unitOf(...units));
  expect(first).toBe(0x80 | (48 << 1) | (33 >> 5));
  expect(second).toBe(((33 & 31) << 3) | 2);
});

test('a large NAL unit goes in fragments that fill their packets, all but the last (RFC 7798, 4.4.3)', () => {
  const nal = nalUnit(2 + 5 * 1385 + 10, idr, 2, 3);
  const packets = packetize(new HevcPayloader(), unitOf(nal));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400, 1400, 1400, 1400, 1400, 25]);
  const headers = packets.map(({ payload }) => [...payload.subarray(0, 3)]);
  const payloadHeader = [49 << 1, (2 << 3) | 3];
  expect(headers[0]).toEqual([...payloadHeader, 0x80 | idr]);
  expect(headers.slice(1, -1)).toEqual(Array(4).fill([...payloadHeader, idr]));
  expect(headers.at(-1)).toEqual([...payloadHeader, 0x40 | idr]);
  expect(packets.flatMap(({ payload }) => [...payload.subarray(3)])).toEqual([...nal.subarray(2)]);
  expect(faultsOf(packets)).toEqual([]);
});

test('one byte over what fits makes exactly two fragments, none of them empty', () => {
  for (const donl of [false, true]) {
    for (let extra = 1; extra < 6; extra++) {
      const nal = nalUnit(1388 - (donl ? 2 : 0) + extra);
      const packets = packetize(new HevcPayloader({ donl }), unitOf(nal));
      expect(packets.map(({ bytes }) => bytes.length).slice(0, -1)).toEqual([1400]);
      expect(received(packets, donl).nalUnits).toEqual([[...nal]]);
    }
  }
});

test('a last fragment that fills its packet exactly is still the last', () => {
  const packets = packetize(new HevcPayloader(), unitOf(nalUnit(2 + 3 * 1385)));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400, 1400, 1400]);
  expect(packets.map(({ payload }) => (payload[2] as number) >> 6)).toEqual([2, 0, 1]);
});

test('the marker is on the last packet of the unit, not on that of each NAL unit', () => {
  const packets = packetize(new HevcPayloader(), unitOf(nalUnit(3000), nalUnit(900), nalUnit(2000), nalUnit(800)));
  expect(packets.map(({ marker }) => marker)).toEqual([...Array(packets.length - 1).fill(false), true]);
  const large = packetize(new HevcPayloader(), unitOf(nalUnit(3000), nalUnit(4000)));
  expect(large.map(({ marker }) => marker)).toEqual([...Array(large.length - 1).fill(false), true]);
});

test('a unit that ends in a large NAL unit has its marker on the last fragment, also when there are two', () => {
  const packets = packetize(new HevcPayloader(), unitOf(nalUnit(10), nalUnit(1500)));
  expect(packets.map(({ marker }) => marker)).toEqual([false, false, true]);
});

test('NAL units of two bytes, all header, are sent', () => {
  const unit = unitOf([0x4a, 0x01], [0x48, 0x01]);
  expect(payloads(new HevcPayloader(), unit)).toEqual([[0x60, 0x01, 0, 2, 0x4a, 0x01, 0, 2, 0x48, 0x01]]);
  const alone = unitOf([0x4a, 0x01]);
  expect(payloads(new HevcPayloader(), alone)).toEqual([[0x4a, 0x01]]);
  expect(payloads(new HevcPayloader({ donl: true }), alone)).toEqual([[0x4a, 0x01, 0, 0]]);
});

test('an empty NAL unit, one of a byte, and a unit without any are refused', () => {
  const payloader = new HevcPayloader();
  expect(() => packetize(payloader, unitOf(nalUnit(10), []))).toThrow(/NAL unit 1 at byte 17 .* 0 bytes: leave it out/);
  expect(() => packetize(payloader, unitOf([0x40]))).toThrow(/has 1 bytes: it is cut off/);
  expect(() => packetize(payloader, plainUnit(nalUnit(100)))).toThrow(/without NAL units .* start code missing/);
  expect(() => packetize(payloader, unitOf())).toThrow(/without NAL units/);
});

test('a NAL unit that leaves the data is refused before a plan points at it', () => {
  const { data } = unitOf(nalUnit(100));
  const beyond = { data, nalUnits: Uint32Array.of(4, 101), nalUnitCount: 1 };
  expect(() => packetize(new HevcPayloader(), beyond)).toThrow(/NAL unit 0 at byte 4/);
  const missing = { data, nalUnits: Uint32Array.of(4, 100), nalUnitCount: 2 };
  expect(() => packetize(new HevcPayloader(), missing)).toThrow(/without NAL units/);
});

test('types that RTP uses for itself are refused, the others unspecified by H.265 are sent', () => {
  for (const type of [48, 49, 50]) {
    expect(() => packetize(new HevcPayloader(), unitOf(nalUnit(10, type)))).toThrow(/which RTP uses for itself/);
  }
  for (const type of [47, 51, 62, 63]) {
    expect(packetize(new HevcPayloader(), unitOf(nalUnit(10, type)))).toHaveLength(1);
  }
});

test('decoding order numbers count on over units and wrap (RFC 7798, 4.4: DONL and DOND)', () => {
  const payloader = new HevcPayloader({ donl: true });
  const numbers: number[] = [];
  for (let round = 0; round < 900; round++) {
    const unit = unitOf(
      nalUnit(20),
      nalUnit(30),
      nalUnit(1400),
      nalUnit(1386),
      nalUnit(5000),
      ...Array(70).fill(nalUnit(9)),
    );
    const { order, nalUnits } = received(packetize(payloader, unit), true);
    if (round < 3) expect(nalUnits).toEqual(nalUnitsOf(unit));
    numbers.push(...order);
  }
  expect(numbers.length).toBeGreaterThan(65_536);
  expect(numbers.findIndex((number, index) => number !== (index & 0xffff))).toBe(-1);
});

test('an aggregation packet of tiny units with decoding order numbers fills its packet and no more', () => {
  // Payload header 2, DONL 2, then 2 + 2 for the first unit and 1 + 2 + 2 for each later one.
  const unit = unitOf(...Array.from({ length: 256 }, () => nalUnit(2)));
  for (const maxPacketBytes of [12 + 8 + 5 * 99, 12 + 8 + 5 * 99 + 4]) {
    const packets = packetize(new HevcPayloader({ donl: true }), unit, { maxPacketBytes });
    expect(packets.map(({ bytes }) => bytes.length)).toEqual([12 + 8 + 5 * 99, 12 + 8 + 5 * 99, 12 + 8 + 5 * 55]);
  }
});

test('a unit can be added to a plan that holds another: numbers go on from its own context', () => {
  const unit = unitOf(nalUnit(3000));
  const plan = new SendPlan();
  const payloader = new HevcPayloader();
  payloader.packetize(unit, { ...context, sequence: 10 }, plan);
  payloader.packetize(unit, { ...context, sequence: 13, timestamp: 5 }, plan);
  const packets = [...packetsOf(plan, unit.data)].map((bytes) => new RtpPacket(bytes));
  expect(packets.map(({ sequence }) => sequence)).toEqual([10, 11, 12, 13, 14, 15]);
});

test('a unit that was refused takes no decoding order numbers', () => {
  const payloader = new HevcPayloader({ donl: true });
  expect(() => packetize(payloader, unitOf(nalUnit(20), []))).toThrow();
  expect(received(packetize(payloader, unitOf(nalUnit(20))), true).order).toEqual([0]);
});

test('packets of 0 to 300 bytes: a plan that holds, or BAD_ARGUMENT', () => {
  const unit = unitOf(nalUnit(2), nalUnit(30), nalUnit(40), nalUnit(500));
  let planned = 0;
  for (let maxPacketBytes = 0; maxPacketBytes <= 300; maxPacketBytes++) {
    for (const extension of [undefined, bytesOf(32, 0xbe, 0xde, 0, 7), bytesOf(252, 0xbe, 0xde, 0, 62)]) {
      const changes = { maxPacketBytes, extension };
      try {
        const packets = packetize(new HevcPayloader(), unit, changes);
        expect(faultsOf(packets, changes), `${maxPacketBytes} bytes`).toEqual([]);
        expect(received(packets, false).nalUnits).toEqual(nalUnitsOf(unit));
        planned++;
      } catch (error) {
        expect(error, `${maxPacketBytes} bytes`).toMatchObject({ code: 'BAD_ARGUMENT' });
        expect(maxPacketBytes < 64 || extension !== undefined).toBe(true);
      }
    }
  }
  expect(planned).toBeGreaterThan(400);
  for (const maxPacketBytes of [-1, Number.NaN, 1400.5, 65_508, Number.POSITIVE_INFINITY]) {
    expect(() => packetize(new HevcPayloader(), unit, { maxPacketBytes })).toThrow(/maxPacketBytes/);
  }
});

test('a header extension is in every packet and makes no packet larger', () => {
  const extension = Uint8Array.of(0xbe, 0xde, 0, 2, 0x32, 1, 2, 3, 0x10, 9, 0, 0);
  const unit = unitOf(nalUnit(20), nalUnit(20), nalUnit(5000));
  const packets = packetize(new HevcPayloader(), unit, { extension });
  expect(packets.map((packet) => packet.extension)).toEqual(
    packets.map(() => ({ profile: 0xbede, data: extension.subarray(4) })),
  );
  expect(packets.slice(1, -1).every(({ bytes }) => bytes.length === 1400)).toBe(true);
  expect(received(packets, false).nalUnits).toEqual(nalUnitsOf(unit));
  expect(() => packetize(new HevcPayloader(), unit, { extension: new Uint8Array(7) })).toThrow(
    /does not say its length/,
  );
});

test('an aggregation packet has at most 256 units, so that a gathering system call can take it', () => {
  const unit = unitOf(...Array.from({ length: 600 }, () => nalUnit(2)));
  const packets = packetize(new HevcPayloader(), unit, { maxPacketBytes: 65_507 });
  expect(packets.map(({ payload }) => (payload.length - 2) / 4)).toEqual([256, 256, 88]);
});

test('NAL units of one size make packets of one size', () => {
  const unit = unitOf(...Array.from({ length: 130 }, () => nalUnit(100)));
  const sizes = packetize(new HevcPayloader(), unit).map(({ bytes }) => bytes.length);
  expect(sizes).toEqual(Array(10).fill(12 + 2 + 13 * 102));
});

test('any unit comes out whole by the rules of RFC 7798', () => {
  const anyNalUnit = fc
    .record({
      size: anySize(2),
      type: fc.integer({ min: 0, max: 47 }),
      layer: fc.integer({ min: 0, max: 63 }),
      temporal: fc.integer({ min: 1, max: 7 }),
      forbidden: fc.boolean(),
    })
    .map(({ size, type, layer, temporal, forbidden }) => {
      const nal = nalUnit(size, type, layer, temporal);
      if (forbidden) nal[0] = (nal[0] as number) | 0x80;
      return nal;
    });
  fc.assert(
    fc.property(
      fc.array(anyNalUnit, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 64, max: 3000 }),
      fc.boolean(),
      fc.integer({ min: 0, max: 0xffff_ffff }),
      (nalUnits, maxPacketBytes, donl, sequence) => {
        const unit = unitOf(...nalUnits);
        const changes = { maxPacketBytes, sequence };
        const packets = packetize(new HevcPayloader({ donl }), unit, changes);
        expect(faultsOf(packets, changes)).toEqual([]);
        const { nalUnits: got, order } = received(packets, donl);
        expect(got).toEqual(nalUnitsOf(unit));
        expect(order).toEqual(donl ? nalUnits.map((_, index) => index) : []);
      },
    ),
    { numRuns: 150 },
  );
});

test('all fragments of any NAL unit but the last fill their packets', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1400, max: 30_000 }), fc.integer({ min: 64, max: 1400 }), (size, maxPacketBytes) => {
      const sizes = packetize(new HevcPayloader(), unitOf(nalUnit(size)), { maxPacketBytes }).map(
        ({ bytes }) => bytes.length,
      );
      expect(new Set(sizes.slice(0, -1))).toEqual(new Set([maxPacketBytes]));
    }),
    { numRuns: 200 },
  );
});

test('sequence numbers go on from the context over 65535', () => {
  const packets = packetize(new HevcPayloader(), unitOf(nalUnit(5000)));
  expect(context.sequence).toBe(65_534);
  expect(packets.map(({ sequence }) => sequence)).toEqual([65_534, 65_535, 0, 1]);
});
