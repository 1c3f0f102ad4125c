import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as uri from '../../src/endpoints/uri.js';

const badUri = expect.objectContaining({ code: 'BAD_URI' });

test('an address is a scheme, a path and options', () => {
  const parsed = uri.parseUri('test:640x480?fps=25&loop&format=gray8');
  expect(parsed).toMatchObject({ scheme: 'test', path: '640x480' });
  expect([...parsed.options]).toEqual([
    ['fps', '25'],
    ['loop', ''],
    ['format', 'gray8'],
  ]);
});

test.each([
  ['clip.mp4', 'clip.mp4'],
  ['./a/b c.mp4', './a/b c.mp4'],
  ['file:/tmp/what%3F.mp4?loop', '/tmp/what?.mp4'],
  ['file:100%.mp4', '100%.mp4'],
  ['file:%ff.mp4', '%ff.mp4'],
  ['file:a:b.mp4', 'a:b.mp4'],
])('%s is the file %s', (text, path) => {
  expect(uri.parseUri(text)).toMatchObject({ scheme: 'file', path });
});

test('an option without a name or given twice is refused', () => {
  expect(() => uri.parseUri('test:?=3')).toThrow(badUri);
  expect(() => uri.parseUri('test:?fps=3&fps=4')).toThrow(/"fps" is given twice/);
  expect(() => uri.parseUri('')).toThrow(badUri);
});

test('a misspelled option is named, with the nearest', () => {
  const readers = { size: uri.frameSize, fps: uri.frameRate };
  expect(() => uri.readOptions(uri.parseUri('test:?fsp=3'), readers)).toThrow(/no option "fsp"; did you mean "fps"\?/);
  expect(() => uri.readOptions(uri.parseUri('test:?toString=3'), readers)).toThrow(badUri);
  expect(() => uri.readOptions(uri.parseUri('test:?__proto__=3'), readers)).toThrow(badUri);
});

test.each([
  [uri.whole(1, 9), '10'],
  [uri.whole(1, 9), '-1'],
  [uri.whole(1, 9), '1.5'],
  [uri.whole(1, 9), ''],
  [uri.positive('seconds', 'forever'), 'never'],
  [uri.positive('seconds'), 'forever'],
  [uri.positive('seconds'), '1e400'],
  [uri.frameRate, '-3'],
  [uri.frameRate, '30/0'],
  [uri.frameRate, 'fast'],
  [uri.flag, 'maybe'],
  [uri.frameSize, '640'],
  [uri.frameSize, '0x480'],
  [uri.frameSize, '65536x1'],
  [uri.frameSize, '1e3x4'],
  [uri.pixelFormat, 'rgb42'],
  [uri.oneOf('a', 'b'), 'c'],
  [uri.byteCount, '12q'],
  [uri.byteCount, '99999999999G'],
  [uri.octalMode, '888'],
  [uri.octalMode, '7777'],
])('a wrong value is refused (%#: %s)', (reader, text) => {
  expect(() => reader(text)).toThrow(/expected/);
});

test('values are read with their units', () => {
  expect(uri.frameRate('30000/1001')).toBeCloseTo(29.97, 3);
  expect(uri.frameRate('max')).toBe(0);
  expect(uri.positive('seconds', 'forever')('forever')).toBe(Number.POSITIVE_INFINITY);
  expect(uri.byteCount('24M')).toBe(24 * 1024 ** 2);
  expect(uri.byteCount('6220800')).toBe(6_220_800);
  expect(uri.octalMode('660')).toBe(0o660);
  expect([uri.flag(''), uri.flag('1'), uri.flag('0')]).toEqual([true, true, false]);
});

test('no text makes the parser throw anything but BAD_URI', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        uri.readOptions(uri.parseUri(text), { fps: uri.frameRate, size: uri.frameSize, group: uri.byteCount });
      } catch (error) {
        expect(error).toEqual(badUri);
      }
    }),
  );
});
