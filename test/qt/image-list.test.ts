import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allocateFrame, type FrameSpec, pixelFormats } from '../../src/frame/index.js';
import { imageListBytes, maxImages, readImageList, readListedImages, writeImageList } from '../../src/qt/index.js';

/** A segment with these numbers in front, and room behind them. */
function segment(numbers: readonly number[], bytes = 4 * numbers.length): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes));
  numbers.forEach((number, index) => {
    view.setInt32(4 * index, number, true);
  });
  return new Uint8Array(view.buffer);
}

/** A list of one Grayscale8 image of 5 x 3 at a stride of 8, with some of its numbers changed. */
function listWith(changes: Partial<Record<'count' | 'size' | 'width' | 'height' | 'format' | 'stride', number>>) {
  const { count = 1, size = 24, width = 5, height = 3, format = 24, stride = 8 } = changes;
  return segment([count, size, width, height, format, stride], 48);
}

it('an honest list is read in place', () => {
  const bytes = listWith({});
  const [frame] = readImageList(bytes);
  expect(frame).toMatchObject({ format: 'gray8', width: 5, height: 3, stride: 8, sequence: 1 });
  bytes[24] = 7;
  expect(frame?.data[0]).toBe(7);
});

it.each([
  ['negative count', { count: -1 }],
  ['more images than there is room for', { count: 2 }],
  ['count beyond all memory', { count: 0x7fffffff }],
  ['pixels beyond the segment', { size: 25, stride: 8 }],
  ['more pixels than any memory', { size: 0x7fffffff }],
  ['negative size', { size: -24 }],
  ['fewer bytes than its rows take', { size: 20 }],
  ['stride beyond the image', { stride: 0x7fffffff }],
  ['negative stride', { stride: -8 }],
  ['stride shorter than a row', { stride: 4 }],
  ['stride 0', { stride: 0 }],
  ['width beyond the stride', { width: 9 }],
  ['width that overflows', { width: 0x7fffffff }],
  ['negative width', { width: -5 }],
  ['width 0', { width: 0 }],
  ['too many rows', { height: 4 }],
  ['rows beyond any frame', { height: 65_536, size: 24 }],
  ['negative height', { height: -3 }],
  ['format 0, Invalid', { format: 0 }],
  ['format beyond those of Qt', { format: 37 }],
  ['negative format', { format: -1 }],
  ['null image', { size: 0, width: 0, height: 0, format: 0, stride: 0 }],
] as const)('a list that lies is refused: %s', (_, changes) => {
  expect(() => readListedImages(listWith(changes), 'qt:test')).toThrow(
    expect.objectContaining({ code: 'QT_DAMAGED', message: expect.stringContaining('qt:test') }),
  );
});

it('a cut segment is refused at each length, and never read beyond', () => {
  const whole = listWith({});
  for (let length = 0; length < 48; length++) {
    expect(() => readListedImages(whole.slice(0, length)), `${length} bytes`).toThrow(
      expect.objectContaining({ code: 'QT_DAMAGED' }),
    );
  }
});

it('a segment nobody has written yet is an empty list', () => {
  expect(readListedImages(new Uint8Array(100))).toEqual([]);
});

it('colour components of more than 8 bits are refused by name', () => {
  expect(() => readListedImages(listWith({ format: 21 }))).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('Format_RGB30') }),
  );
});

it('the number of images has a limit', () => {
  const one = [2, 1, 1, 24, 1]; // two bytes each: no image is aligned
  const bytes = new Uint8Array(4 + 22 * (maxImages + 1));
  const view = new DataView(bytes.buffer);
  for (let index = 0; index <= maxImages; index++) {
    one.forEach((number, k) => {
      view.setInt32(4 + 22 * index + 4 * k, number, true);
    });
  }
  view.setInt32(0, maxImages, true);
  expect(readListedImages(bytes)).toHaveLength(maxImages);
  view.setInt32(0, maxImages + 1, true);
  expect(() => readListedImages(bytes)).toThrow(expect.objectContaining({ code: 'QT_DAMAGED' }));
  const frame = allocateFrame({ format: 'gray8', width: 1, height: 1 });
  const many = Array.from({ length: maxImages + 1 }, () => frame);
  expect(() => writeImageList(bytes, many)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
});

it.each(pixelFormats)('%s is written with rows of whole words, and read again', (format) => {
  const spec: FrameSpec = { format, width: 6, height: 4 };
  const frame = allocateFrame(spec);
  frame.planes.forEach(({ data }, plane) => {
    data.forEach((_, index) => {
      data[index] = index * 7 + plane;
    });
  });
  const bytes = new Uint8Array(imageListBytes([frame, frame]) + 3);
  expect(writeImageList(bytes, [frame, frame])).toBe(bytes.length - 3);
  const [first, second] = readImageList(bytes);
  expect((first?.stride ?? 1) % 4).toBe(0);
  const same = first?.format === format;
  expect(same || /yuyv|nv12|i420|bayer/.test(format)).toBe(true);
  if (!same) expect(first?.format).toBe('rgb24');
  else expect(second?.data.subarray(0, 4)).toEqual(frame.data.subarray(0, 4));
});

it('whatever the numbers are, an error has a code and a frame lies in the segment', () => {
  const interesting = fc.oneof(fc.integer(), fc.integer({ min: -2, max: 40 }), fc.constantFrom(24, 28, 4, 1, 7, 9, 64));
  fc.assert(
    fc.property(fc.array(interesting, { maxLength: 40 }), fc.integer({ min: 0, max: 200 }), (numbers, extra) => {
      const bytes = segment(numbers, 4 * numbers.length + extra);
      try {
        for (const { offset, stride, height, bytes: size } of readListedImages(bytes)) {
          expect(offset + size).toBeLessThanOrEqual(bytes.length);
          expect(stride * (height - 1)).toBeLessThanOrEqual(size);
        }
      } catch (error) {
        expect(['QT_DAMAGED', 'UNSUPPORTED']).toContain((error as { code?: string }).code);
      }
    }),
    { numRuns: 3000 },
  );
});

it('a list that does not fit is refused before a byte is written', () => {
  const frame = allocateFrame({ format: 'rgb24', width: 5, height: 5 });
  const bytes = new Uint8Array(imageListBytes([frame]) - 1);
  expect(() => writeImageList(bytes, [frame], 'qt:small')).toThrow(expect.objectContaining({ code: 'QT_NO_SPACE' }));
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});
