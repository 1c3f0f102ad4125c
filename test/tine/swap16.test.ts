import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copySwapped16, swapInPlace } from '../../src/bytes/index.js';
import { native } from '../../src/native.js';

const swappers = {
  'with Node': copySwapped16,
  'in a browser': (from: Uint8Array, to: Uint8Array) => {
    to.set(from);
    swapInPlace(to);
  },
  'in C++': (from: Uint8Array, to: Uint8Array) => native().copySwapped16(from, to),
};

it.each(Object.entries(swappers))(
  'exchanges the bytes of 16-bit numbers %s, whatever the address and number',
  (_, swap) => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(7), fc.nat(70), (count, fromAddress, toAddress) => {
        const from = Uint8Array.from({ length: 2 * count + fromAddress }, (_, index) => index * 37).subarray(
          fromAddress,
        );
        const memory = new Uint8Array(2 * count + toAddress + 3).fill(9);
        swap(from, memory.subarray(toAddress, toAddress + 2 * count));
        const wanted = Array.from(from, (_, index) => from[index ^ 1]);
        expect([...memory]).toEqual([...Array(toAddress).fill(9), ...wanted, 9, 9, 9]);
      }),
    );
  },
);
