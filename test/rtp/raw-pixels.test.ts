import { expect, test } from 'vitest';
import { allocateFrame, type Frame, type PixelFormat, pixelFormats } from '../../src/frame/index.js';
import { packRawPixels, pixelFormatOfRaw, rawFormatOf, rawLayout, unpackRawPixels } from '../../src/rtp/index.js';
import { noisyFrame, pixelBytes } from '../frame/arbitrary.js';

const sendable = pixelFormats.filter((format) => !format.startsWith('bayer'));

function packed(frame: Frame): Uint8Array {
  const into = new Uint8Array(rawLayout(rawFormatOf(frame.format, frame.width, frame.height)).bytes);
  packRawPixels(frame, into);
  return into;
}

/** A frame of 4x2 pixels whose planes hold these bytes. */
function small(format: PixelFormat, ...planes: readonly number[][]): Frame {
  const frame = allocateFrame({ format, width: 4, height: 2 });
  planes.forEach((bytes, index) => {
    frame.planes[index]?.data.set(bytes);
  });
  return frame;
}

const luma = [1, 2, 3, 4, 5, 6, 7, 8];

test('4:2:0 goes as Y00 Y01 Y10 Y11 Cb Cr, from either plane layout (RFC 4175, 4.3)', () => {
  const groups = [1, 2, 5, 6, 9, 11, 3, 4, 7, 8, 10, 12];
  expect([...packed(small('i420', luma, [9, 10], [11, 12]))]).toEqual(groups);
  expect([...packed(small('nv12', luma, [9, 11, 10, 12]))]).toEqual(groups);
});

test('4:2:2 goes as Cb Y0 Cr Y1', () => {
  const frame = small('yuyv422', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  expect([...packed(frame).subarray(0, 8)]).toEqual([2, 1, 4, 3, 6, 5, 8, 7]);
});

test('gray of 16 bits goes big-endian, and an unused byte as opaque', () => {
  expect([...packed(small('gray16le', [0x34, 0x12, 0x78, 0x56])).subarray(0, 4)]).toEqual([0x12, 0x34, 0x56, 0x78]);
  expect([...packed(small('bgrx32', [1, 2, 3, 4])).subarray(0, 5)]).toEqual([1, 2, 3, 255, 0]);
});

for (const format of sendable) {
  test(`${format} comes back as it was, padded rows or not`, () => {
    const raw = rawFormatOf(format, 34, 6);
    const frame = noisyFrame({ format, width: 34, height: 6 }, 7);
    const back = pixelFormatOfRaw(raw);
    const strides = allocateFrame({ format: back, width: 34, height: 6 }).planes.map(({ stride }) => stride + 6);
    const padded = allocateFrame({ format: back, width: 34, height: 6, strides });
    unpackRawPixels(packed(frame), padded);
    // From padded rows onto the wire again: the same bytes.
    expect(packed(padded)).toEqual(packed(frame));
    if (back === format) expect(pixelBytes(padded)).toEqual(pixelBytes(frame));
  });
}

test('a format without a name in RFC 4175 is refused with what to do', () => {
  expect(() => rawFormatOf('bayer_rggb8', 4, 4)).toThrow(/convert it \(format=rgb24\)/);
  expect(() => pixelFormatOfRaw({ sampling: 'RGB', depth: 16 })).toThrow(/no pixel format/);
  expect(() => rawFormatOf('i420', 3, 4)).toThrow(/crop/);
});

test('memory of another size than the picture is refused', () => {
  const frame = small('rgb24', []);
  expect(() => packRawPixels(frame, new Uint8Array(23))).toThrow(/23 bytes for a picture of 24/);
  expect(() => unpackRawPixels(new Uint8Array(25), frame)).toThrow(/25 bytes for a picture of 24/);
});
