import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameBytes, frameLayout, type PixelFormat } from '../../src/frame/index.js';
import { anySpec } from './arbitrary.js';

const invalid = expect.objectContaining({ code: 'FRAME_INVALID' });

test.each<[PixelFormat, number, number, number]>([
  ['gray8', 5, 3, 15],
  ['gray16le', 5, 3, 30],
  ['rgb24', 5, 3, 45],
  ['bgrx32', 5, 3, 60],
  ['yuyv422', 5, 3, 36],
  ['nv12', 5, 3, 15 + 2 * 6],
  ['i420', 5, 3, 15 + 2 * (2 * 3)],
  ['nv12', 1, 1, 1 + 2],
  ['i420', 1920, 1080, 3_110_400],
  ['bayer_gbrg16le', 3, 3, 18],
])('%s of %dx%d takes %d bytes', (format, width, height, bytes) => {
  expect(frameBytes({ format, width, height })).toBe(bytes);
});

test('planes follow one another without overlap, rows fit their stride, whatever size and padding', () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const layout = frameLayout(spec);
      let end = 0;
      for (const [index, plane] of layout.planes.entries()) {
        expect(plane.offset).toBe(end);
        expect(plane.stride).toBe(spec.strides[index]);
        expect(plane.stride).toBeGreaterThanOrEqual(plane.rowBytes);
        end += plane.stride * plane.rows;
      }
      expect(layout.bytes).toBe(end);
    }),
  );
});

test.each([0, -1, 1.5, 65_536, Number.NaN, Number.POSITIVE_INFINITY])('a side of %d pixels is refused', (side) => {
  expect(() => frameLayout({ format: 'gray8', width: side, height: 1 })).toThrow(invalid);
  expect(() => frameLayout({ format: 'gray8', width: 1, height: side })).toThrow(invalid);
});

test.each([9, 10.5, -10, 2 ** 32, Number.NaN])('a stride of %d bytes for a row of 10 is refused', (stride) => {
  expect(() => frameLayout({ format: 'gray8', width: 10, height: 2, strides: [stride] })).toThrow(invalid);
});

test('strides for another number of planes are refused', () => {
  expect(() => frameLayout({ format: 'nv12', width: 4, height: 4, strides: [4] })).toThrow(invalid);
  expect(() => frameLayout({ format: 'gray8', width: 4, height: 4, strides: [4, 4] })).toThrow(invalid);
});
