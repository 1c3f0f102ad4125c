import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocateFrame,
  type Frame,
  type FrameSpec,
  frameBytes,
  frameOver,
  type NdArray,
} from '../../src/frame/index.js';
import { TurboJpeg } from '../../src/jpeg/index.js';
import {
  decodeImage,
  decodeImageHeader,
  decodeImages,
  encodeImage,
  encodeImageHeader,
  encodeImages,
  fromPyTine,
  imageFlags,
  imageFormats,
  type PyTineData,
  toFrame,
} from '../../src/tine/index.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../vectors/tine/${name}`, import.meta.url)));
const jpeg = new TurboJpeg();

function filled(spec: FrameSpec, init: Parameters<typeof frameOver>[2] = {}): Frame {
  return frameOver(
    spec,
    Uint8Array.from({ length: frameBytes(spec) }, (_, index) => index * 7),
    init,
  );
}

describe('encodeImage', () => {
  it.each(['gray16le_3x2_12bit.bin', 'gray8_aoi_4x3_of_640x480.bin'])(
    '%s comes out as it went in, to the bit',
    (name) => {
      expect(encodeImage(toFrame(fixture(name)))).toEqual(fixture(name));
    },
  );

  it.each(['gray8', 'gray16le', 'rgb24', 'rgba32'] as const)('%s goes as it is and comes back', (format) => {
    const frame = filled({ format, width: 5, height: 3 }, { captureTime: 1_700_000_000_123_456_000n, sequence: 9 });
    const bytes = encodeImage(frame);
    const back = toFrame(bytes, { strict: true });
    expect(back).toMatchObject({ format, width: 5, height: 3, captureTime: frame.captureTime, sequence: 9 });
    expect([...back.data]).toEqual([...frame.data]);
    expect(decodeImageHeader(bytes).imageFlags).toBe(imageFlags.LITTLE_ENDIAN | imageFlags.LOSSLESS);
  });

  it('bgr24 goes as R,G,B; padded rows go without their padding', () => {
    const frame = allocateFrame({ format: 'bgr24', width: 1, height: 2, strides: [5] });
    frame.data.set([1, 2, 3, 99, 99, 4, 5, 6, 99, 99]);
    expect([...toFrame(encodeImage(frame)).data]).toEqual([3, 2, 1, 6, 5, 4]);
  });

  it.each(['yuyv422', 'nv12', 'i420', 'bayer_rggb8'] as const)('%s goes as RGB24', (format) => {
    expect(toFrame(encodeImage(filled({ format, width: 6, height: 4 })))).toMatchObject({ format: 'rgb24', width: 6 });
  });

  it.each([
    ['gray8', 1, imageFormats.GRAY],
    ['rgb24', 3, imageFormats.RGB24],
    ['bgr24', 3, imageFormats.RGB24],
  ] as const)(
    'JPEG of %s: %i bytes a pixel, sourceFormat the original, LOSSLESS cleared',
    (format, bytesPerPixel, source) => {
      const frame = frameOver({ format, width: 16, height: 16 }, new Uint8Array(256 * bytesPerPixel).fill(100));
      const bytes = encodeImage(frame, { jpeg, header: { cameraPortName: 'cam' } });
      expect(decodeImageHeader(bytes)).toMatchObject({
        imageFormat: imageFormats.JPEG,
        bytesPerPixel,
        effectiveBitsPerPixel: 8 * bytesPerPixel,
        sourceFormat: source,
        imageFlags: imageFlags.LITTLE_ENDIAN,
        cameraPortName: 'cam',
        totalLength: bytes.length,
      });
      const back = toFrame(bytes, { jpeg, strict: true });
      expect(back).toMatchObject({ format: bytesPerPixel === 1 ? 'gray8' : 'rgb24', width: 16 });
      expect(Math.abs((back.data[5] as number) - 100)).toBeLessThan(3);
    },
  );

  it('16-bit gray is not squeezed into JPEG unasked', () => {
    const frame = filled({ format: 'gray16le', width: 4, height: 4 });
    expect(() => encodeImage(frame, { jpeg })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  it("writes into the caller's memory, whose length it respects", () => {
    const frame = filled({ format: 'gray8', width: 4, height: 4 });
    const into = new Uint8Array(300);
    const bytes = encodeImage(frame, { into });
    expect(bytes.length).toBe(204);
    expect(bytes.buffer).toBe(into.buffer);
    expect(() => encodeImage(frame, { into: new Uint8Array(203) })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });

  it('metadata of the wrong type, from somebody else, is passed over', () => {
    const metadata = { 'tine.cameraPortName': 5, 'tine.xScale': 'wide', effectiveBits: 99 };
    const header = decodeImageHeader(encodeImage(filled({ format: 'gray8', width: 4, height: 4 }, { metadata })));
    expect(header).toMatchObject({ cameraPortName: 'unknown', xScale: -1, effectiveBitsPerPixel: 8 });
  });
});

describe('arrays of images (CF_AIMAGE)', () => {
  const images = ['gray16le_3x2_12bit.bin', 'defaults.bin', 'gray8_aoi_4x3_of_640x480.bin'].map((name) =>
    decodeImage(fixture(name)),
  );

  it.each(['frames', 'start'] as const)('go there and back with offsets from the %s', (offsetsFrom) => {
    const bytes = encodeImages(images, { offsetsFrom });
    expect(bytes.length).toBe(3 * 196 + 24);
    const back = decodeImages(bytes, { offsetsFrom, count: 3, strict: true });
    expect(back.map(({ header }) => header)).toEqual(images.map(({ header }) => header));
    expect(back.map(({ bytes }) => [...bytes])).toEqual(images.map(({ bytes }) => [...bytes]));
    expect(toFrame(back[0] as never).width).toBe(3);
  });

  it('counts its entries itself', () => {
    expect(decodeImages(encodeImages(images)).length).toBe(3);
  });

  it('cut anywhere: a FramelaneError, or fewer bytes than were there', () => {
    const bytes = encodeImages(images);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeImages(bytes.subarray(0, length), { count: 3 })).toThrow(
        expect.objectContaining({ name: 'FramelaneError' }),
      );
    }
  });

  it('offsets and sizes at their extremes are refused', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (offset, size) => {
        const bytes = encodeImages(images);
        const view = new DataView(bytes.buffer);
        view.setInt32(188, offset, true);
        view.setInt32(192, size, true);
        const inside = offset >= 0 && size >= 0 && offset + size <= 24;
        const decode = () => decodeImages(bytes, { count: 3 });
        if (inside) expect(decode()[0]?.bytes.length).toBe(size);
        else expect(decode).toThrow(expect.objectContaining({ name: 'FramelaneError' }));
      }),
    );
  });
});

describe('what PyTine.get returns', () => {
  const pixels = fixture('gray16le_3x2_12bit.bin').subarray(188);
  const frameHeader = {
    bytesPerPixel: 2,
    sourceWidth: 3,
    sourceHeight: 2,
    aoiWidth: -1,
    aoiHeight: -1,
    effectiveBitsPerPixel: 12,
  };

  it('whole or only its data, with the header fields it has', () => {
    const whole = fromPyTine({ data: { frameHeader, imageBytes: pixels }, timestamp: 1234.5 });
    expect(whole).toMatchObject({ format: 'gray16le', width: 3, height: 2, captureTime: 1_234_500_000_000n });
    expect(whole.metadata).toMatchObject({ effectiveBits: 12 });
    expect(whole.data.buffer).toBe(pixels.buffer);
    expect(fromPyTine({ frameHeader, imageBytes: pixels }).data).toEqual(whole.data);
  });

  it('tells JPEG by its first bytes where no format is given', () => {
    const picture = jpeg.encode(filled({ format: 'gray8', width: 16, height: 8 }));
    const data = { frameHeader: { bytesPerPixel: 1, sourceWidth: 16, sourceHeight: 8 }, imageBytes: picture };
    expect(fromPyTine(data, { jpeg })).toMatchObject({ format: 'gray8', width: 16 });
  });

  it.each([
    [
      {
        imageMatrix: [
          [1, 2],
          [3, 4],
        ],
      },
      'gray8',
      [1, 2, 3, 4],
    ],
    [
      {
        imageMatrix: [
          [1, 2],
          [3, 400],
        ],
      },
      'gray16le',
      [1, 0, 2, 0, 3, 0, 144, 1],
    ],
    [{ imageMatrix: [[[1, 2, 3]], [[4, 5, 6]]] }, 'rgb24', [1, 2, 3, 4, 5, 6]],
  ] as [PyTineData, string, number[]][])('takes a matrix: %o', (data, format, bytes) => {
    const frame = fromPyTine(data);
    expect([frame.format, ...frame.data]).toEqual([format, ...bytes]);
  });

  it('takes a matrix as an array with strides', () => {
    const imageMatrix: NdArray = {
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
      shape: [2, 2],
      stride: [-3, -1],
      offset: 4,
      dtype: 'uint8',
    };
    expect([...fromPyTine({ imageMatrix }).data]).toEqual([5, 4, 2, 1]);
  });

  it.each([
    [{}],
    [{ frameHeader, imageBytes: [1, 2, 3] }],
    [{ frameHeader: { ...frameHeader, sourceWidth: '3' }, imageBytes: pixels }],
    [{ frameHeader: { ...frameHeader, sourceWidth: 2 ** 40 }, imageBytes: pixels }],
    [{ imageMatrix: [] }],
    [{ imageMatrix: [[1], [2, 3]] }],
    [{ imageMatrix: [[1, -1]] }],
    [{ imageMatrix: { data: new Uint8Array(4), shape: [9e4, 9e4], stride: [0, 0], offset: 0, dtype: 'uint8' } }],
  ] as unknown as [PyTineData][])('refuses %o', (data) => {
    expect(() => fromPyTine(data)).toThrow(expect.objectContaining({ name: 'FramelaneError' }));
  });

  it('encodes what it was given', () => {
    const frame = fromPyTine({ frameHeader: { ...frameHeader, cameraPortName: 'A' }, imageBytes: pixels });
    expect(decodeImageHeader(encodeImage(frame)).cameraPortName).toBe('A');
    expect(encodeImageHeader({ cameraPortName: 'A' }).length).toBe(188);
  });
});
