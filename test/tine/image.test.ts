import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import { encodeMetadata, type Frame, frameOver, type NdArray } from '../../src/frame/index.js';
import { TurboJpeg } from '../../src/jpeg/index.js';
import {
  decodeImage,
  encodeImageHeader,
  fillPixels,
  ImageDecoder,
  type ImageOptions,
  imageFormats,
  planImage,
  type TineImageHeader,
  type TineWarning,
  toArray,
  toFrame,
} from '../../src/tine/index.js';

const jpeg = new TurboJpeg();
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../vectors/tine/${name}`, import.meta.url)));

/** A good image; fields override. */
function imageOf(pixels: Uint8Array | number[], fields: Partial<TineImageHeader>): Uint8Array {
  const header = encodeImageHeader({
    sourceWidth: 3,
    sourceHeight: 2,
    bytesPerPixel: 1,
    totalLength: 188 + pixels.length,
    appendedFrameSize: pixels.length,
    ...fields,
  });
  return Uint8Array.of(...header, ...pixels);
}

const count = (length: number) => Uint8Array.from({ length }, (_, index) => index * 11 + 1);
const gray16be = imageOf([0x01, 0x02, 0x0f, 0xff, 0, 0, 0x80, 0, 0xff, 0xff, 0x12, 0x34], {
  bytesPerPixel: 2,
  imageFlags: 0,
});

function failure(action: () => unknown): FramelaneError {
  try {
    action();
  } catch (error) {
    if (error instanceof FramelaneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The array's elements as nested lists, by shape and stride. */
function list({ data, shape, stride, offset }: NdArray, axis = 0, at = offset): unknown {
  return Array.from({ length: shape[axis] as number }, (_, index) => {
    const place = at + index * (stride[axis] as number);
    return axis === shape.length - 1
      ? data[place]
      : list({ data, shape, stride, offset, dtype: 'uint8' }, axis + 1, place);
  });
}

describe('fixtures written by TINE itself', () => {
  it('12-bit gray: values right-justified, the rest as metadata', () => {
    const frame = toFrame(fixture('gray16le_3x2_12bit.bin'));
    expect(frame).toMatchObject({ format: 'gray16le', width: 3, height: 2, sequence: 0x3c0eaa });
    expect(frame.captureTime).toBe(0x57454974n * 1_000_000_000n + 123456000n);
    expect(frame.metadata).toMatchObject({
      effectiveBits: 12,
      'tine.cameraPortName': 'Z41L.R2J',
      'tine.cameraPortId': 42,
    });
    expect(list(toArray(fixture('gray16le_3x2_12bit.bin')))).toEqual([
      [0x1100, 0x3322, 0x5544],
      [0x7766, 0x9988, 0xbbaa],
    ]);
  });

  it('gray8 with an area of interest: the size is the area, its place is kept', () => {
    const frame = toFrame(fixture('gray8_aoi_4x3_of_640x480.bin'));
    expect(frame).toMatchObject({ format: 'gray8', width: 4, height: 3 });
    expect(frame.area).toEqual({ x: 100, y: 50, sourceWidth: 640, sourceHeight: 480 });
    expect([...frame.data]).toEqual([...fixture('gray8_aoi_4x3_of_640x480.bin').subarray(188)]);
  });

  it('an empty image can be taken apart and has no frame', () => {
    expect(decodeImage(fixture('defaults.bin'), { strict: true })).toMatchObject({ warnings: [] });
    expect(decodeImage(fixture('defaults.bin')).bytes.length).toBe(0);
    expect(failure(() => toFrame(fixture('defaults.bin'))).code).toBe('TINE_INVALID');
  });
});

describe('raw pixels', () => {
  it.each([
    ['gray8', imageOf(count(6), {})],
    ['gray16le', imageOf(count(12), { bytesPerPixel: 2 })],
    ['rgb24', imageOf(count(18), { bytesPerPixel: 3, imageFormat: 1 })],
    ['rgba32', imageOf(count(24), { bytesPerPixel: 4, imageFormat: 2 })],
  ])('%s is a view of the bytes that came, not a copy', (format, bytes) => {
    const frame = toFrame(bytes);
    expect(frame.format).toBe(format);
    expect(frame.data.buffer).toBe(bytes.buffer);
    expect(toArray(bytes).data.buffer).toBe(bytes.buffer);
    expect([...frame.data]).toEqual([...bytes.subarray(188)]);
  });

  it('arrays are [height, width] or [height, width, channels], R G B', () => {
    expect(list(toArray(imageOf([1, 2, 3, 4, 5, 6], {})))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const colour = { bytesPerPixel: 3, imageFormat: 1, sourceWidth: 2, sourceHeight: 1 };
    expect(list(toArray(imageOf([1, 2, 3, 4, 5, 6], colour)))).toEqual([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
  });

  it('`bgr` reads B,G,R: the frame says so, the array comes as R,G,B', () => {
    const bytes = imageOf([1, 2, 3, 4, 5, 6], { bytesPerPixel: 3, imageFormat: 1, sourceWidth: 2, sourceHeight: 1 });
    expect(toFrame(bytes, { bgr: true }).format).toBe('bgr24');
    expect(list(toArray(bytes, { bgr: true }))).toEqual([
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ]);
    const wide = imageOf([1, 2, 3, 4], { bytesPerPixel: 4, imageFormat: 2, sourceWidth: 1, sourceHeight: 1 });
    expect(toFrame(wide, { bgr: true }).format).toBe('bgra32');
    expect(list(toArray(wide, { bgr: true }))).toEqual([[[3, 2, 1, 4]]]);
  });

  it('big-endian gray16 comes out in the order of the machine, whatever turns it', () => {
    const wanted = [
      [0x0102, 0x0fff, 0],
      [0x8000, 0xffff, 0x1234],
    ];
    const before = gray16be.slice();
    expect(list(toArray(gray16be))).toEqual(wanted);
    let calls = 0;
    const swap16 = (from: Uint8Array, to: Uint8Array) => {
      calls++;
      to.set(from);
      to.reverse();
    };
    expect(list(toArray(gray16be, { swap16 }))).not.toEqual(wanted);
    expect(calls).toBe(1);
    expect(gray16be).toEqual(before);
  });

  it('little-endian gray16 at an odd address: a view as a frame, a copy as an array', () => {
    const memory = new Uint8Array(201);
    memory.set(imageOf(count(12), { bytesPerPixel: 2 }), 1);
    const bytes = memory.subarray(1);
    expect(toFrame(bytes).data.buffer).toBe(memory.buffer);
    expect(list(toArray(bytes))).toEqual(list(toArray(bytes.slice())));
    expect(failure(() => toArray(bytes, { into: new Uint8Array(13).subarray(1) })).code).toBe('BAD_ARGUMENT');
    const into = new Uint8Array(12);
    expect(toArray(bytes, { into }).data.buffer).toBe(into.buffer);
  });

  it('fills rows with padding, as a ring may want them', () => {
    const plan = planImage(gray16be);
    const target = frameOver({ ...plan.spec, strides: [10] }, new Uint8Array(20).fill(7));
    fillPixels(plan, target);
    expect([...target.data.subarray(0, 12)]).toEqual([2, 1, 0xff, 0x0f, 0, 0, 7, 7, 7, 7, 0, 0x80]);
  });

  it('whatever follows the appended bytes is no part of the image', () => {
    const bytes = Uint8Array.of(...imageOf(count(6), {}), ...new Uint8Array(188));
    expect(decodeImage(bytes, { strict: true }).bytes.length).toBe(6);
    expect(toFrame(bytes, { strict: true }).data.length).toBe(6);
  });
});

describe('metadata of the frame', () => {
  it('fits a slot of the ring with every field at its longest', () => {
    const fields = {
      cameraPortName: 'ÿ'.repeat(64),
      cameraPortId: 0xffff_ffff,
      frameNumber: 0xffff_ffff,
      imageFlags: 13,
    };
    const odd = { xScale: 0.1, yScale: 0.1, imageRotation: 0.1, fspare1: 0.1, fspare2: 1, fspare3: 2 };
    const spares = { ispare1: 5, ispare2: 6, ispare3: 7, horizontalBinning: 2, verticalBinning: 2, eventNumber: 9 };
    const frame = toFrame(imageOf(count(6), { ...fields, ...odd, ...spares }));
    expect(encodeMetadata(frame.metadata, 896).length).toBeLessThanOrEqual(640);
    expect(frame.metadata).toMatchObject({ 'tine.horizontalBinning': 2, 'tine.imageFlags': 13, 'tine.ispare3': 7 });
  });
});

describe('JPEG and PNG', () => {
  const gray = frameOver({ format: 'gray8', width: 16, height: 8 }, new Uint8Array(128).fill(77));
  const red = frameOver(
    { format: 'rgb24', width: 16, height: 8 },
    Uint8Array.from({ length: 384 }, (_, index) => (index % 3 === 0 ? 200 : 10)),
  );
  const jpegOf = (frame: Frame, fields: Partial<TineImageHeader> = {}) =>
    imageOf(jpeg.encode(frame), { imageFormat: 5, bytesPerPixel: 3, sourceWidth: 16, sourceHeight: 8, ...fields });

  it.each([1, 2, 3, 24])("trusts the JPEG's own components, not bytesPerPixel %i", (bytesPerPixel) => {
    expect(toFrame(jpegOf(gray, { bytesPerPixel }), { jpeg }).format).toBe('gray8');
    const colour = toArray(jpegOf(red, { bytesPerPixel }), { jpeg });
    expect(colour.shape).toEqual([8, 16, 3]);
    expect(colour.data[0]).toBeGreaterThan(190);
    expect(colour.data[1]).toBeLessThan(20);
  });

  it('is NOT_DECODED without a decoder, and can still be taken apart', () => {
    expect(failure(() => toFrame(jpegOf(gray)))).toMatchObject({ code: 'NOT_DECODED' });
    expect([...decodeImage(jpegOf(gray)).bytes.subarray(0, 2)]).toEqual([0xff, 0xd8]);
  });

  it('shows the picture of an error text, whatever its size; strict refuses it', () => {
    const warnings: TineWarning[] = [];
    const other = jpegOf(gray, { sourceWidth: 1920, sourceHeight: 1080 });
    expect(toFrame(other, { jpeg, onWarning: (warning) => warnings.push(warning) }).width).toBe(16);
    expect(warnings).toEqual([{ message: 'the picture is 16x8, not 1920x1080', offset: 88 }]);
    expect(failure(() => toFrame(other, { jpeg, strict: true })).code).toBe('TINE_INVALID');
  });

  it("keeps the JPEG's errors and limit", () => {
    const cut = jpeg.encode(red).subarray(0, -30);
    const bytes = imageOf(cut, { imageFormat: 5, sourceWidth: 16, sourceHeight: 8 });
    expect(failure(() => toFrame(bytes, { jpeg })).code).toBe('JPEG_INVALID');
    expect(failure(() => toFrame(jpegOf(red), { jpeg, maxPixels: 100 })).code).toBe('LIMIT_EXCEEDED');
  });

  it.each([
    ['gray8', 1, 8],
    ['gray16le', 1, 16],
    ['rgb24', 3, 8],
    ['rgba32', 4, 8],
  ] as const)('decodes PNG to %s, exactly', (format, channels, depth) => {
    const data = Uint16Array.from({ length: 16 * 8 * channels }, (_, index) =>
      depth === 8 ? index % 256 : index * 300,
    );
    const samples = depth === 8 ? Uint8Array.from(data) : data;
    const png = encode({ width: 16, height: 8, data: samples, channels, depth });
    const bytes = imageOf(png, { imageFormat: 13, sourceWidth: 16, sourceHeight: 8 });
    expect(toFrame(bytes).format).toBe(format);
    const array = toArray(bytes);
    expect([...array.data]).toEqual([...samples]);
  });

  it('survives PNGs that are cut or changed', () => {
    const png = encode({ width: 16, height: 8, data: count(128), channels: 1, depth: 8 });
    for (let length = 0; length < png.length; length++) {
      const bytes = imageOf(png.subarray(0, length), { imageFormat: 13, sourceWidth: 16, sourceHeight: 8 });
      expect(failure(() => toFrame(bytes)).code).toBe('TINE_INVALID');
    }
    const huge = png.slice();
    huge.set([0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff], 16);
    const bytes = imageOf(huge, { imageFormat: 13 });
    expect(failure(() => toFrame(bytes)).code).toBe('LIMIT_EXCEEDED');
    expect(failure(() => toFrame(bytes, { maxPixels: 2 ** 33 })).code).toBe('TINE_INVALID');
  });

  it.each([3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15, -1, 2 ** 31 - 1])('format %i is NOT_DECODED', (imageFormat) => {
    const bytes = imageOf(count(6), { imageFormat });
    expect(failure(() => toFrame(bytes))).toMatchObject({ code: 'NOT_DECODED', details: { offset: 132, imageFormat } });
    expect(decodeImage(bytes).bytes).toEqual(count(6));
  });
});

describe('a header that must not be believed', () => {
  it.each([
    [{ sourceWidth: -1 }, 88],
    [{ sourceWidth: 0 }, 88],
    [{ sourceWidth: 65_536 }, 88],
    [{ sourceHeight: -5 }, 92],
    [{ sourceHeight: 2 ** 31 - 1 }, 92],
    [{ aoiWidth: 4, aoiHeight: 1 }, 96],
    [{ aoiWidth: 1, aoiHeight: 3 }, 100],
    [{ aoiWidth: 2, aoiHeight: 2, xStart: 2 }, 96],
    [{ aoiWidth: 2, aoiHeight: 2, yStart: 1 }, 100],
    [{ aoiWidth: 2, aoiHeight: 2, xStart: -1 }, 104],
    [{ aoiWidth: 2, aoiHeight: 2, yStart: -1 }, 108],
    [{ aoiWidth: 2, aoiHeight: 2, xStart: 2 ** 31 - 1 }, 96],
    [{ aoiWidth: 70_000, aoiHeight: 2, sourceWidth: -1 }, 96],
    [{ bytesPerPixel: 0 }, 112],
    [{ bytesPerPixel: -1 }, 112],
    [{ bytesPerPixel: 3 }, 112],
    [{ bytesPerPixel: 4 }, 112],
    [{ imageFormat: imageFormats.RGB24, bytesPerPixel: 4 }, 112],
    [{ imageFormat: imageFormats.RGBA32, bytesPerPixel: 3 }, 112],
    [{ effectiveBitsPerPixel: 9 }, 116],
    [{ effectiveBitsPerPixel: -2 }, 116],
    [{ effectiveBitsPerPixel: 2 ** 31 - 1 }, 116],
    [{ sourceWidth: 4 }, 184],
    [{ bytesPerPixel: 2 }, 184],
    [{ appendedFrameSize: 5, totalLength: 193 }, 184],
    [{ appendedFrameSize: 0 }, 184],
    [{ appendedFrameSize: -1 }, 184],
    [{ appendedFrameSize: -2 }, 184],
    [{ appendedFrameSize: -(2 ** 31) }, 184],
  ] as [Partial<TineImageHeader>, number][])('%o: TINE_INVALID at byte %i', (fields, offset) => {
    expect(failure(() => toFrame(imageOf(count(6), fields)))).toMatchObject({
      code: 'TINE_INVALID',
      details: { offset },
    });
  });

  it.each([7, 2 ** 31 - 1])(
    'appendedFrameSize %i beyond the bytes: TRUNCATED, nothing allocated',
    (appendedFrameSize) => {
      const error = failure(() => toFrame(imageOf(count(6), { appendedFrameSize })));
      expect(error).toMatchObject({ code: 'TRUNCATED', details: { offset: 194, announced: 188 + appendedFrameSize } });
    },
  );

  it.each([
    [{ totalLength: 195 }, 12],
    [{ totalLength: 0 }, 12],
    [{ totalLength: 0xffff_ffff }, 12],
    [{ versionTag: 2 }, 8],
    [{ timestampMicroseconds: -1 }, 20],
    [{ timestampMicroseconds: 1_000_000 }, 20],
    [{ aoiWidth: 2 }, 100],
    [{ sourceWidth: 2 }, 184],
  ] as [Partial<TineImageHeader>, number][])('%o is told of, and refused when strict (byte %i)', (fields, offset) => {
    const bytes = imageOf(count(6), fields);
    const warnings: TineWarning[] = [];
    expect(toFrame(bytes, { onWarning: (warning) => warnings.push(warning) }).height).toBe(2);
    expect(warnings.map((warning) => warning.offset)).toEqual([offset]);
    const error = failure(() => toFrame(bytes, { strict: true }));
    expect(error).toMatchObject({ code: 'TINE_INVALID', details: { offset } });
  });

  it('a good image gives no warning', () => {
    expect(decodeImage(imageOf(count(6), {})).warnings).toEqual([]);
  });

  it('cut anywhere: TRUNCATED at the cut', () => {
    const bytes = fixture('gray16le_3x2_12bit.bin');
    for (let length = 0; length < bytes.length; length++) {
      const error = failure(() => toFrame(bytes.subarray(0, length)));
      expect(error).toMatchObject({ code: 'TRUNCATED', details: { offset: length } });
    }
  });

  it('any change of any header: a frame that fits its bytes, or a FramelaneError, and no memory', () => {
    const numbers = Array.from({ length: 47 }, (_, word) => 4 * word).filter((at) => at >= 4 && (at < 24 || at >= 88));
    const anyOffset = fc.constantFrom(...numbers);
    const anyWord = fc.oneof(
      fc.integer({ min: -3, max: 20 }),
      fc.integer(),
      fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 65535),
    );
    const change = fc.tuple(anyOffset, anyWord);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), fc.boolean(), (changes, strict) => {
        const bytes = imageOf(count(48), { sourceWidth: 6, sourceHeight: 8 });
        const view = new DataView(bytes.buffer);
        for (const [offset, value] of changes) view.setInt32(offset, value, true);
        const options: ImageOptions = { strict, jpeg };
        try {
          const frame = toFrame(bytes, options);
          expect(frame.width * frame.height).toBeLessThanOrEqual(48);
        } catch (error) {
          expect(error).toBeInstanceOf(FramelaneError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('random bytes: never anything but a FramelaneError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (random) => {
        const bytes = random.slice();
        bytes.set([0x56, 0x53, 0x56, 0x33].slice(0, bytes.length));
        expect(failure(() => toFrame(bytes, { jpeg }))).toBeInstanceOf(FramelaneError);
      }),
    );
  });
});

describe('ImageDecoder', () => {
  it('uses released memory again, and only that', () => {
    const decoder = new ImageDecoder();
    const first = decoder.toFrame(gray16be);
    const second = decoder.toFrame(gray16be);
    const memory = first.data.buffer;
    expect(second.data.buffer).not.toBe(memory);
    first.release();
    expect(decoder.toFrame(gray16be).data.buffer).toBe(memory);
  });

  it('gives arrays in the same memory again', () => {
    const decoder = new ImageDecoder();
    const array = decoder.toArray(gray16be);
    expect(decoder.toArray(gray16be).data.buffer).toBe(array.data.buffer);
    expect(list(array)).toEqual(list(toArray(gray16be)));
  });

  it('keeps its memory when a decode fails', () => {
    const decoder = new ImageDecoder({
      jpeg: {
        decodeInto: () => {
          throw new FramelaneError('JPEG_INVALID', 'no');
        },
      },
    });
    const picture = frameOver({ format: 'gray8', width: 16, height: 8 }, new Uint8Array(128));
    const bytes = imageOf(jpeg.encode(picture), { imageFormat: 5, sourceWidth: 16, sourceHeight: 8 });
    expect(failure(() => decoder.toFrame(bytes)).code).toBe('JPEG_INVALID');
    const frame = decoder.toFrame(
      imageOf(count(256), { bytesPerPixel: 2, imageFlags: 0, sourceWidth: 16, sourceHeight: 8 }),
    );
    expect(frame.data.length).toBe(256);
  });
});
