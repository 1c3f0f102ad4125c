import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64, toBase64 } from '../../src/bytes/index.js';

test('base64 is what Node makes of it, both ways, with and without padding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = toBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(fromBase64(text)).toEqual(bytes);
      expect(fromBase64(text.replace(/=+$/, ''))).toEqual(bytes);
    }),
  );
});

test.each(['A', 'AAAAA', 'AA=', '=', '====', 'A===', 'AA==AA==', 'AB C', 'AB\u00e9D', 'AB_D', 'AB\u0141D'])(
  '"%s" is not base64',
  (text) => {
    expect(fromBase64(text)).toBeUndefined();
  },
);
