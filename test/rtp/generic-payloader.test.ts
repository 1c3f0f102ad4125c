import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GenericPayloader } from '../../src/rtp/index.js';
import { bytesOf, faultsOf, packetize, payloads, plainUnit } from './packets.js';

test('the first packet says how many bytes the unit has, the others say 0', () => {
  const data = bytesOf(3000);
  const packets = packetize(new GenericPayloader(), plainUnit(data));
  expect(packets.map(({ payload }) => [...payload.subarray(0, 4)])).toEqual([
    [0x80, 0, 3000 >> 8, 3000 & 0xff],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  expect(packets.flatMap(({ payload }) => [...payload.subarray(4)])).toEqual([...data]);
  expect(packets.map(({ bytes }) => bytes.length)).toEqual([1400, 1400, 3000 - 2 * 1384 + 16]);
});

test('a unit that fits is one packet, with the marker', () => {
  const packets = packetize(new GenericPayloader(), plainUnit(bytesOf(1384)));
  expect(packets.map(({ bytes, marker }) => [bytes.length, marker])).toEqual([[1400, true]]);
});

test('one byte over what fits makes two packets', () => {
  expect(payloads(new GenericPayloader(), plainUnit(bytesOf(1385))).map(({ length }) => length)).toEqual([1388, 5]);
});

test('bare packets hold nothing but the bytes: as audio wants it', () => {
  const data = bytesOf(160);
  expect(payloads(new GenericPayloader({ bare: true }), plainUnit(data))).toEqual([[...data]]);
  const large = payloads(new GenericPayloader({ bare: true }), plainUnit(bytesOf(3000)));
  expect(large.flat()).toEqual([...bytesOf(3000)]);
});

test('an empty unit is refused', () => {
  expect(() => packetize(new GenericPayloader(), plainUnit(new Uint8Array(0)))).toThrow(/empty unit/);
});

test('any unit comes out whole', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 64, max: 3000 }), (size, maxPacketBytes) => {
      const packets = packetize(new GenericPayloader(), plainUnit(bytesOf(size)), { maxPacketBytes });
      expect(faultsOf(packets, { maxPacketBytes })).toEqual([]);
      expect(packets.flatMap(({ payload }) => [...payload.subarray(4)])).toEqual([...bytesOf(size)]);
      expect(new Set(packets.slice(0, -1).map(({ bytes }) => bytes.length)).size).toBeLessThan(2);
    }),
    { numRuns: 100 },
  );
});
