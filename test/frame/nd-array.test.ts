import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  allocateFrame,
  cropFrame,
  frameOver,
  type NdArray,
  pixelFormatInfo,
  planeToNdArray,
  toNdArray,
} from '../../src/frame/index.js';
import { anySpec, noisyFrame } from './arbitrary.js';

const unsupported = expect.objectContaining({ code: 'UNSUPPORTED' });

/** The element at an index, by the rule of NdArray's docblock. */
function element({ data, offset, stride }: NdArray, ...index: number[]): number | undefined {
  return data[index.reduce((at, i, axis) => at + i * (stride[axis] as number), offset)];
}

test('every element of every plane is the byte or 16-bit word at its place', () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const { dtype, planes } = pixelFormatInfo(spec.format);
      const wide = dtype === 'uint16';
      const frame = noisyFrame({
        ...spec,
        strides: spec.strides.map((stride) => (wide ? stride + (stride % 2) : stride)),
      });
      planes.forEach((_, index) => {
        const array = planeToNdArray(frame, index);
        const { data, stride } = frame.planes[index] as { data: Uint8Array; stride: number };
        const [rows, columns, channels = 1] = array.shape as [number, number, number?];
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns * channels; j++) {
            const at = i * stride + j * (wide ? 2 : 1);
            const expected = wide ? (data[at] as number) + 256 * (data[at + 1] as number) : data[at];
            const place = array.shape.length === 3 ? [i, Math.floor(j / channels), j % channels] : [i, j];
            if (element(array, ...place) !== expected) throw new Error(`element ${place} of plane ${index}`);
          }
        }
      });
    }),
  );
});

test.each([
  ['gray8', [3, 5], 'uint8'],
  ['bayer_rggb16le', [3, 5], 'uint16'],
  ['rgb24', [3, 5, 3], 'uint8'],
  ['bgrx32', [3, 5, 4], 'uint8'],
  ['yuyv422', [3, 6, 2], 'uint8'],
] as const)('%s of 5x3 has shape %j', (format, shape, dtype) => {
  const array = toNdArray(allocateFrame({ format, width: 5, height: 3 }));
  expect(array).toMatchObject({ shape, dtype, offset: 0 });
});

test('the array is a view: what is written to the frame is seen in it', () => {
  const frame = allocateFrame({ format: 'gray16le', width: 3, height: 2, strides: [10] });
  const array = toNdArray(frame);
  frame.data.set([0x34, 0x12], 10 + 4);
  expect(element(array, 1, 2)).toBe(0x1234);
  expect(array.data.buffer).toBe(frame.data.buffer);
});

test('a part of a picture is an array of that part', () => {
  const frame = noisyFrame({ format: 'rgb24', width: 9, height: 7 });
  const array = toNdArray(cropFrame(frame, { x: 2, y: 3, width: 4, height: 2 }));
  expect(array.shape).toEqual([2, 4, 3]);
  expect(element(array, 1, 3, 2)).toBe(frame.data[(3 + 1) * 27 + (2 + 3) * 3 + 2]);
});

test('planar formats are viewed plane by plane: chroma of an odd size is rounded up', () => {
  const nv12 = allocateFrame({ format: 'nv12', width: 5, height: 3 });
  expect(() => toNdArray(nv12)).toThrow(unsupported);
  expect(planeToNdArray(nv12, 0).shape).toEqual([3, 5]);
  expect(planeToNdArray(nv12, 1).shape).toEqual([2, 3, 2]);
  expect(planeToNdArray(allocateFrame({ format: 'i420', width: 5, height: 3 }), 2).shape).toEqual([2, 3]);
  expect(() => planeToNdArray(nv12, 2)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

test('16-bit pixels at an odd address or stride are refused, not misread', () => {
  const spec = { format: 'gray16le', width: 2, height: 2 } as const;
  expect(() => toNdArray(frameOver(spec, new Uint8Array(9).subarray(1)))).toThrow(unsupported);
  expect(() => toNdArray(allocateFrame({ ...spec, strides: [5] }))).toThrow(unsupported);
});

test('a released frame gives no array', () => {
  const frame = allocateFrame({ format: 'gray8', width: 2, height: 2 });
  frame.release();
  expect(() => toNdArray(frame)).toThrow(expect.objectContaining({ code: 'FRAME_RELEASED' }));
});
