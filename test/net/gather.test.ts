import fc from 'fast-check';
import { expect, test } from 'vitest';
import { native } from '../../src/native.js';
import { gatherPortable } from '../../src/rtp/index.js';

const from = Uint8Array.from({ length: 5000 }, (_, at) => (at * 13) & 255);

/** Ranges that lie within both memories. */
const ranges = fc.array(
  fc.tuple(fc.nat(5000), fc.nat(3000), fc.nat(3000)).map(([offset, to, bytes]) => {
    const length = Math.min(bytes, from.length - offset, 3000 - to);
    return [offset, length, to];
  }),
  { maxLength: 40 },
);

test('many copies by one call do what the copies do one by one', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const flat = Uint32Array.from(list.flat());
      const [natively, portably] = [new Uint8Array(3000), new Uint8Array(3000)];
      native().gatherBytes(from, flat, list.length, natively);
      gatherPortable(from, flat, list.length, portably);
      expect(Buffer.compare(natively, portably)).toBe(0);
    }),
  );
});

test.each([
  ['behind what is copied from', [4990, 11, 0]],
  ['behind what is copied into', [0, 100, 2901]],
  ['far behind both', [0xffff_fff0, 0xffff_ffff, 0xffff_ffff]],
])('a range %s is refused, and nothing of it is copied', (_, range) => {
  const into = new Uint8Array(3000);
  expect(() => native().gatherBytes(from, Uint32Array.from(range), 1, into)).toThrow(RangeError);
  expect(into.every((byte) => byte === 0)).toBe(true);
});
