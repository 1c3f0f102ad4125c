import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  annexBToLengthPrefixed,
  type LengthBytes,
  LengthPrefixedConverter,
  lengthPrefixedToAnnexB,
  nalUnitsOf,
} from '../../src/nal/index.js';
import { annexB } from './bit-writer.js';

/** NAL units end in no zero byte and have no start code inside. */
const anyNal = fc
  .uint8Array({ minLength: 1, maxLength: 200 })
  .map((bytes) => bytes.map((byte, index) => (index % 3 === 0 || index === bytes.length - 1 ? byte | 4 : byte)));
const anyLength = fc.constantFrom<LengthBytes>(1, 2, 4);

test('Annex B to lengths and back, in any chunks', () => {
  fc.assert(
    fc.property(
      fc.array(anyNal, { minLength: 1 }),
      anyLength,
      fc.integer({ min: 1, max: 30 }),
      (nals, length, size) => {
        const stream = annexB(...nals);
        const sample = annexBToLengthPrefixed(stream, length);
        expect(sample.length).toBe(nals.reduce((sum, nal) => sum + length + nal.length, 0));
        expect(lengthPrefixedToAnnexB(sample, length)).toEqual(stream);
        const converter = new LengthPrefixedConverter({ lengthBytes: length });
        const parts: Uint8Array[] = [];
        for (let at = 0; at < sample.length; at += size) parts.push(converter.push(sample.subarray(at, at + size)));
        converter.end();
        expect(Uint8Array.from(Buffer.concat(parts))).toEqual(stream);
      },
    ),
  );
});

test('lengths as ISO/IEC 14496-15 writes them', () => {
  const stream = annexB(Uint8Array.of(0x67, 1, 2), Uint8Array.of(0x68, 3));
  expect([...annexBToLengthPrefixed(stream)]).toEqual([0, 0, 0, 3, 0x67, 1, 2, 0, 0, 0, 2, 0x68, 3]);
  expect([...annexBToLengthPrefixed(stream, 2, nalUnitsOf(stream).subarray(2))]).toEqual([0, 2, 0x68, 3]);
  expect([...lengthPrefixedToAnnexB(Uint8Array.of(0, 0, 1, 0x68), 1)]).toEqual([0, 0, 0, 1, 0x68]);
});

test('a NAL unit too long for its length, over the limit or cut is NAL_INVALID', () => {
  const invalid = (message: RegExp) =>
    expect.objectContaining({ code: 'NAL_INVALID', message: expect.stringMatching(message) });
  const long = (bytes: number) => annexB(new Uint8Array(bytes).fill(7));
  expect(annexBToLengthPrefixed(long(255), 1)).toHaveLength(256);
  expect(() => annexBToLengthPrefixed(long(256), 1)).toThrow(invalid(/256 bytes does not fit a length of 1/));
  expect(() => annexBToLengthPrefixed(long(65536), 2)).toThrow(invalid(/65536 bytes/));
  expect(() => lengthPrefixedToAnnexB(Uint8Array.of(1, 0, 0, 1, 7))).toThrow(
    invalid(/16777217 bytes, more than 16777216/),
  );
  expect(() => lengthPrefixedToAnnexB(Uint8Array.of(0, 0, 0, 3, 7, 7))).toThrow(
    invalid(/byte 6, 1 bytes of a NAL unit/),
  );
  expect(() => lengthPrefixedToAnnexB(Uint8Array.of(0, 0))).toThrow(invalid(/rest of a length/));
  const converter = new LengthPrefixedConverter({ maxNalBytes: 10 });
  expect(() => converter.push(Uint8Array.of(0, 0, 0, 11))).toThrow(invalid(/11 bytes, more than 10/));
});
