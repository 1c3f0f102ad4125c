import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RtpPacket, VvcPayloader } from '../../src/rtp/index.js';
import { anySize, bytesOf, faultsOf, nalUnitsOf, packetize, payloads, unitOf } from './packets.js';

const idr = 8;
const sps = 15;
/** A NAL unit of H.266 (section 7.3.1.2): F 0, Z 0, layer; type, temporal id plus 1. */
const nalUnit = (length: number, type = idr, layer = 0, temporal = 1): Uint8Array =>
  bytesOf(length, layer, (type << 3) | temporal);

/** The NAL units that a receiver makes from the packets by RFC 9328, with the DON of each where there is one. */
function received(packets: readonly RtpPacket[], donl: boolean): { nalUnits: number[][]; order: number[] } {
  const nalUnits: number[][] = [];
  const order: number[] = [];
  for (const { payload } of packets) {
    const bytes = [...payload];
    const number = (count: number): number => bytes.splice(0, count).reduce((sum, byte) => sum * 256 + byte, 0);
    const [first, second] = bytes.splice(0, 2) as [number, number];
    const type = second >> 3;
    if (type === 28) {
      let don = donl ? number(2) : 0;
      for (; bytes.length > 0; don++) {
        if (donl) order.push(don & 0xffff);
        nalUnits.push(bytes.splice(0, number(2)));
      }
    } else if (type === 29) {
      const fu = number(1);
      if (fu & 0x80) {
        if (donl) order.push(number(2));
        nalUnits.push([first, ((fu & 31) << 3) | (second & 7)]);
      }
      if (bytes.length === 0) throw new Error('a fragment without payload');
      nalUnits.at(-1)?.push(...bytes);
    } else {
      if (donl) order.push(number(2));
      nalUnits.push([first, second, ...bytes]);
    }
  }
  return { nalUnits, order };
}

/** S, E and P of each fragment, as letters. */
const flagsOf = (packets: readonly RtpPacket[]): string[] =>
  packets
    .filter(({ payload }) => (payload[1] as number) >> 3 === 29)
    .map(({ payload }) => ['S', 'E', 'P'].filter((_, bit) => ((payload[2] as number) << bit) & 0x80).join(''));

test('a NAL unit that fits goes alone, as it is (RFC 9328, 4.3.1)', () => {
  const packets = packetize(new VvcPayloader(), unitOf(nalUnit(1388)));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400]);
  expect([...(packets[0] as RtpPacket).payload]).toEqual([...nalUnit(1388)]);
});

test('small NAL units share an aggregation packet with the lowest layer and temporal id (RFC 9328, 4.3.2)', () => {
  const units = [nalUnit(3, sps, 5, 3), nalUnit(4, 16, 2, 4)];
  expect(payloads(new VvcPayloader(), unitOf(...units))).toEqual([
    [2, (28 << 3) | 3, 0, 3, ...(units[0] as Uint8Array), 0, 4, ...(units[1] as Uint8Array)],
  ]);
});

test('a large NAL unit goes in fragments that fill their packets, all but the last (RFC 9328, 4.3.3)', () => {
  const nal = nalUnit(2 + 3 * 1385 + 10, idr, 9, 2);
  const packets = packetize(new VvcPayloader(), unitOf(nal));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400, 1400, 1400, 25]);
  const headers = packets.map(({ payload }) => [...payload.subarray(0, 3)]);
  const payloadHeader = [9, (29 << 3) | 2];
  expect(headers).toEqual([0x80 | idr, idr, idr, 0x60 | idr].map((fu) => [...payloadHeader, fu]));
  expect(faultsOf(packets)).toEqual([]);
});

test('P is on the last fragment of the last slice of each picture, and nowhere else', () => {
  const slice = (layer: number): Uint8Array => nalUnit(2000, idr, layer);
  const flags = (...nalUnits: Uint8Array[]): string[] => flagsOf(packetize(new VvcPayloader(), unitOf(...nalUnits)));
  expect(flags(slice(0))).toEqual(['S', 'EP']);
  expect(flags(slice(0), slice(0))).toEqual(['S', 'E', 'S', 'EP']);
  expect(flags(slice(0), nalUnit(30, 24), nalUnit(40))).toEqual(['S', 'E']); // the picture goes on behind an SEI
  expect(flags(slice(0), nalUnit(30, 24))).toEqual(['S', 'EP']); // and ends before a suffix SEI
  expect(flags(slice(0), slice(1))).toEqual(['S', 'EP', 'S', 'EP']); // two layers are two pictures
  expect(flags(nalUnit(2000, 23), nalUnit(60))).toEqual(['S', 'E']); // a large SEI is no slice
});

test('later units of an aggregation packet have the order number before plus 1: only the first is written', () => {
  const payloader = new VvcPayloader({ donl: true });
  const [small, tiny] = [nalUnit(5, sps), nalUnit(3, 16)];
  expect(payloads(payloader, unitOf(small, tiny))).toEqual([[0, (28 << 3) | 1, 0, 0, 0, 5, ...small, 0, 3, ...tiny]]);
  expect(received(packetize(payloader, unitOf(small)), true).order).toEqual([2]);
});

test('types that RTP uses for itself are refused', () => {
  for (const type of [28, 29]) {
    expect(() => packetize(new VvcPayloader(), unitOf(nalUnit(10, type)))).toThrow(/which RTP uses for itself/);
  }
  expect(packetize(new VvcPayloader(), unitOf(nalUnit(10, 31)))).toHaveLength(1);
});

test('any unit comes out whole by the rules of RFC 9328', () => {
  const anyNalUnit = fc
    .tuple(anySize(2), fc.integer({ min: 0, max: 27 }), fc.integer({ min: 0, max: 63 }), fc.integer({ min: 1, max: 7 }))
    .map(([size, type, layer, temporal]) => nalUnit(size, type, layer, temporal));
  fc.assert(
    fc.property(
      fc.array(anyNalUnit, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 64, max: 3000 }),
      fc.boolean(),
      (nalUnits, maxPacketBytes, donl) => {
        const unit = unitOf(...nalUnits);
        const packets = packetize(new VvcPayloader({ donl }), unit, { maxPacketBytes });
        expect(faultsOf(packets, { maxPacketBytes })).toEqual([]);
        const { nalUnits: got, order } = received(packets, donl);
        expect(got).toEqual(nalUnitsOf(unit));
        expect(order).toEqual(donl ? nalUnits.map((_, index) => index) : []);
      },
    ),
    { numRuns: 200 },
  );
});
