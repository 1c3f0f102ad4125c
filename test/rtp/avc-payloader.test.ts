import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AvcPayloader, type RtpPacket } from '../../src/rtp/index.js';
import { anySize, bytesOf, faultsOf, nalUnitsOf, packetize, payloads, plainUnit, unitOf } from './packets.js';

const idr = 0x65;
const nalUnit = (length: number, header = idr): Uint8Array => bytesOf(length, header);

/** The NAL units that a receiver makes from the packets by RFC 6184. */
function received(packets: readonly RtpPacket[]): number[][] {
  const nalUnits: number[][] = [];
  for (const { payload } of packets) {
    const [header = 0, fu = 0] = payload;
    if ((header & 31) === 24) {
      for (let at = 1; at < payload.length; ) {
        const size = ((payload[at] as number) << 8) | (payload[at + 1] as number);
        nalUnits.push([...payload.subarray(at + 2, at + 2 + size)]);
        at += 2 + size;
      }
    } else if ((header & 31) === 28) {
      if (fu & 0x80) nalUnits.push([(header & 0xe0) | (fu & 31)]);
      if (payload.length < 3) throw new Error('a fragment without payload');
      nalUnits.at(-1)?.push(...payload.subarray(2));
    } else nalUnits.push([...payload]);
  }
  return nalUnits;
}

test('a NAL unit that fits goes alone, as it is (RFC 6184, 5.6)', () => {
  const packets = packetize(new AvcPayloader(), unitOf(nalUnit(1388)));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400]);
  expect(received(packets)).toEqual([[...nalUnit(1388)]]);
});

test('parameter sets share an aggregation packet of the highest importance (RFC 6184, 5.7.1: STAP-A)', () => {
  const [sps, pps, sei] = [
    [0x67, 0x42, 0x00],
    [0x48, 0xce],
    [0x06, 0x05, 0x01, 0x02],
  ];
  expect(payloads(new AvcPayloader(), unitOf(sei, sps, pps))).toEqual([
    [0x60 | 24, 0, 4, ...sei, 0, 3, ...sps, 0, 2, ...pps],
  ]);
});

test('the forbidden bit of one unit is that of the aggregation packet', () => {
  expect(payloads(new AvcPayloader(), unitOf([0x06, 1], [0x86, 1]))[0]?.[0]).toBe(0x80 | 24);
});

test('a large NAL unit goes in fragments that fill their packets, all but the last (RFC 6184, 5.8: FU-A)', () => {
  const nal = nalUnit(1 + 4 * 1386 + 7, 0x41);
  const packets = packetize(new AvcPayloader(), unitOf(nal));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400, 1400, 1400, 1400, 21]);
  const headers = packets.map(({ payload }) => [...payload.subarray(0, 2)]);
  expect(headers).toEqual([[0x5c, 0x81], ...Array(3).fill([0x5c, 0x01]), [0x5c, 0x41]]);
  expect(packets.flatMap(({ payload }) => [...payload.subarray(2)])).toEqual([...nal.subarray(1)]);
  expect(faultsOf(packets)).toEqual([]);
});

test('one byte over what fits makes exactly two fragments', () => {
  const packets = packetize(new AvcPayloader(), unitOf(nalUnit(1389)));
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400, 12 + 2 + 1388 - 1386]);
  expect(received(packets)).toEqual([[...nalUnit(1389)]]);
});

test('packetization-mode 0 sends every NAL unit alone and refuses one that does not fit, with what to do', () => {
  const payloader = new AvcPayloader({ packetizationMode: 0 });
  const unit = unitOf([0x67, 1], [0x68, 2], nalUnit(1388));
  expect(payloads(payloader, unit)).toEqual(nalUnitsOf(unit));
  expect(packetize(payloader, unit).map(({ marker }) => marker)).toEqual([false, false, true]);
  expect(() => packetize(payloader, unitOf([0x67, 1], nalUnit(1389)))).toThrow(
    /NAL unit 1 has 1389 bytes and packetization-mode 0 sends at most 1388 .* use mode 1, or .* smaller slices/,
  );
});

test('NAL units of one byte, all header, are sent; empty ones are refused', () => {
  expect(payloads(new AvcPayloader(), unitOf([0x0a]))).toEqual([[0x0a]]); // end of sequence
  expect(payloads(new AvcPayloader(), unitOf([0x0a], [0x0b]))).toEqual([[24, 0, 1, 0x0a, 0, 1, 0x0b]]);
  expect(() => packetize(new AvcPayloader(), unitOf([0x65, 1], []))).toThrow(/NAL unit 1 .* 0 bytes: leave it out/);
  expect(() => packetize(new AvcPayloader(), plainUnit(nalUnit(9)))).toThrow(/start code missing/);
});

test('types that RTP uses for itself are refused', () => {
  for (let type = 24; type <= 29; type++) {
    expect(() => packetize(new AvcPayloader(), unitOf(nalUnit(10, type)))).toThrow(/which RTP uses for itself/);
  }
  for (const type of [0, 23, 30, 31]) expect(packetize(new AvcPayloader(), unitOf(nalUnit(10, type)))).toHaveLength(1);
});

test('any unit comes out whole by the rules of RFC 6184', () => {
  const anyNalUnit = fc
    .tuple(anySize(1), fc.integer({ min: 1, max: 23 }), fc.integer({ min: 0, max: 7 }))
    .map(([size, type, upper]) => nalUnit(size, (upper << 5) | type));
  fc.assert(
    fc.property(
      fc.array(anyNalUnit, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 64, max: 3000 }),
      (nalUnits, maxPacketBytes) => {
        const unit = unitOf(...nalUnits);
        const packets = packetize(new AvcPayloader(), unit, { maxPacketBytes });
        expect(faultsOf(packets, { maxPacketBytes })).toEqual([]);
        expect(received(packets)).toEqual(nalUnitsOf(unit));
      },
    ),
    { numRuns: 200 },
  );
});
