import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMetadata, encodeMetadata, FramelaneError, type MetadataValue } from '../../src/frame/index.js';

const limit = 896;
const badArgument = expect.objectContaining({ code: 'BAD_ARGUMENT' });

const anyText = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !text.includes('\0'));
const anyKey = anyText.filter((key) => key.length > 0);
const anyValue: fc.Arbitrary<MetadataValue> = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).filter((value) => BigInt(Number(value)) !== value),
  anyText,
  fc.uint8Array({ maxLength: 30 }),
);
const anyMetadata = fc.dictionary(anyKey, anyValue, { maxKeys: 6 });

test('every value comes back as it was, of the same type', () => {
  fc.assert(
    fc.property(anyMetadata, (metadata) => {
      const decoded = decodeMetadata(encodeMetadata(metadata, 65_536));
      expect(Object.keys(decoded).sort()).toEqual(Object.keys(metadata).sort());
      for (const [key, value] of Object.entries(metadata)) {
        if (value instanceof Uint8Array) expect(decoded[key]).toEqual(value);
        else expect(decoded[key]).toBe(value); // Object.is: -0 and NaN too
      }
    }),
  );
});

test.each([-0, Number.NaN, 2 ** 53, -(2n ** 63n), '\ufeffbyte order mark', '', '\u{1f4f7}'])(
  '%o comes back',
  (value) => {
    expect(decodeMetadata(encodeMetadata({ value }, limit)).value).toBe(value);
  },
);

test('the bytes are those of docs/ring-layout.md', () => {
  const bytes = encodeMetadata({ ok: true, n: -2, f: 0.5, t: 'ä', b: Uint8Array.of(9, 8) }, limit);
  const expected = [
    [1, 2, 1, 0, 0x6f, 0x6b, 1],
    [2, 1, 8, 0, 0x6e, 0xfe, 255, 255, 255, 255, 255, 255, 255],
    [3, 1, 8, 0, 0x66, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f],
    [4, 1, 2, 0, 0x74, 0xc3, 0xa4],
    [5, 1, 2, 0, 0x62, 9, 8],
  ];
  expect([...bytes]).toEqual(expected.flat());
});

test('exactly the limit fits, one byte more is METADATA_TOO_LARGE', () => {
  const room = limit - 5;
  expect(encodeMetadata({ k: new Uint8Array(room) }, limit)).toHaveLength(limit);
  const tooLarge = expect.objectContaining({ code: 'METADATA_TOO_LARGE' });
  expect(() => encodeMetadata({ k: new Uint8Array(room + 1) }, limit)).toThrow(tooLarge);
  expect(() => encodeMetadata({ k: new Uint8Array(65_536) }, 1 << 20)).toThrow(tooLarge);
});

test.each([
  ['an empty key', { '': 1 }],
  ['a key of 256 bytes', { ['k'.repeat(256)]: 1 }],
  ['a key that is half a character', { '\ud800': 1 }],
  ['text with NUL, where C would end it', { k: 'a\0b' }],
  ['text that is no Unicode', { k: 'a\udc00' }],
  ['an integer beyond 64 bits', { k: 2n ** 63n }],
  ['an object', { k: {} as never }],
  ['null', { k: null as never }],
])('%s is refused', (_, metadata) => {
  expect(() => encodeMetadata(metadata, limit)).toThrow(badArgument);
});

test('a key named __proto__ is a key like any other', () => {
  const metadata = JSON.parse('{"__proto__": 7}');
  const decoded = decodeMetadata(encodeMetadata(metadata, limit));
  expect(Object.keys(decoded)).toEqual(['__proto__']);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('damaged bytes give FRAME_INVALID with an offset inside them, or values; nothing else', () => {
  fc.assert(
    fc.property(anyMetadata, fc.nat(), fc.integer({ min: 1, max: 255 }), (metadata, at, flip) => {
      const bytes = encodeMetadata(metadata, 65_536);
      fc.pre(bytes.length > 0);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] as number) ^ flip;
      try {
        decodeMetadata(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FramelaneError);
        expect(error).toMatchObject({ code: 'FRAME_INVALID' });
        expect((error as FramelaneError).details.offset).toBeLessThanOrEqual(bytes.length);
      }
    }),
  );
});

test('metadata cut off at any byte is damaged, unless the cut lies between entries', () => {
  const bytes = encodeMetadata({ first: 'one', second: 2, third: 3.5 }, limit);
  const between = [0, 4 + 5 + 3, 4 + 5 + 3 + 4 + 6 + 8];
  for (let length = 0; length < bytes.length; length++) {
    const read = () => decodeMetadata(bytes.subarray(0, length));
    if (between.includes(length)) expect(read).not.toThrow();
    else expect(read, `${length} bytes`).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }));
  }
});

test('decoded bytes do not change with the memory they came from', () => {
  const bytes = encodeMetadata({ k: Uint8Array.of(1, 2, 3) }, limit);
  const decoded = decodeMetadata(bytes);
  bytes.fill(0);
  expect(decoded.k).toEqual(Uint8Array.of(1, 2, 3));
});
