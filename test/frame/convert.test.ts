import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  allocateFrame,
  cropFrame,
  type Frame,
  frameOver,
  type PixelFormat,
  pixelFormats,
  type RgbOptions,
  toRgb,
} from '../../src/frame/index.js';
import { missing, pythonWith, runPython } from '../python.js';
import { anyFrame, noisyFrame, pixelBytes } from './arbitrary.js';

const yuvFormats = ['yuyv422', 'nv12', 'i420'] as const;
const bayerFormats = pixelFormats.filter((format) => format.startsWith('bayer_'));
const cv2 = pythonWith('numpy', 'cv2');
const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;

/** Y, U and V of one pixel, by the plane layouts of docs/ring-layout.md. */
function yuvAt(frame: Frame, x: number, y: number): readonly [y: number, u: number, v: number] {
  const at = (plane: number, row: number, byte: number): number => {
    const { data, stride } = frame.planes[plane] as { data: Uint8Array; stride: number };
    return data[row * stride + byte] as number;
  };
  const [column, row] = [x >> 1, y >> 1];
  switch (frame.format) {
    case 'yuyv422':
      return [at(0, y, 2 * x), at(0, y, 4 * column + 1), at(0, y, 4 * column + 3)];
    case 'nv12':
      return [at(0, y, x), at(1, row, 2 * column), at(1, row, 2 * column + 1)];
    default:
      return [at(0, y, x), at(1, row, column), at(2, row, column)];
  }
}

/** The matrix of BT.601 or BT.709 in floating point, straight from the definition of Y, Cb and Cr. */
function rgbOf([y, u, v]: readonly [number, number, number], { matrix, range }: RgbOptions): number[] {
  const [kr, kb] = matrix === 'bt709' ? [0.2126, 0.0722] : [0.299, 0.114];
  const luma = range === 'full' ? y / 255 : (y - 16) / 219;
  const [cb, cr] = [u, v].map((chroma) => (chroma - 128) / (range === 'full' ? 255 : 224)) as [number, number];
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  const green = (luma - kr * red - kb * blue) / (1 - kr - kb);
  return [red, green, blue].map((part) => Math.min(255, Math.max(0, part * 255)));
}

const anyYuvOptions: fc.Arbitrary<RgbOptions> = fc.record(
  { matrix: fc.constantFrom('bt601', 'bt709'), range: fc.constantFrom('limited', 'full') },
  { requiredKeys: [] },
);

test('YUV becomes what the standard says, within rounding, whatever size, padding, matrix and range', () => {
  fc.assert(
    fc.property(anyFrame(fc.constantFrom(...yuvFormats)), anyYuvOptions, (frame, options) => {
      const rgb = toRgb(frame, options);
      expect(rgb.format).toBe('rgb24');
      for (let y = 0; y < frame.height; y++) {
        for (let x = 0; x < frame.width; x++) {
          rgbOf(yuvAt(frame, x, y), options).forEach((expected, part) => {
            const got = rgb.data[y * rgb.stride + 3 * x + part] as number;
            if (Math.abs(got - expected) > 0.6) throw new Error(`${x},${y} part ${part}: ${got}, not ${expected}`);
          });
        }
      }
    }),
  );
});

/** Place of a colour in each pixel of a format, for those that only order bytes differently. */
const orders: Partial<Record<PixelFormat, readonly number[]>> = {
  bgr24: [2, 1, 0],
  bgra32: [2, 1, 0, 3],
  bgrx32: [2, 1, 0],
};

test('BGR, BGRA and BGRX change their order and nothing else; alpha is kept, the unused byte is not', () => {
  fc.assert(
    fc.property(anyFrame(fc.constantFrom('bgr24', 'bgra32', 'bgrx32')), (frame) => {
      const order = orders[frame.format] as readonly number[];
      const step = frame.format === 'bgr24' ? 3 : 4;
      const source = pixelBytes(frame);
      const expected = Uint8Array.from({ length: frame.width * frame.height * order.length }, (_, index) => {
        const pixel = Math.floor(index / order.length);
        return source[pixel * step + (order[index % order.length] as number)] as number;
      });
      expect(pixelBytes(toRgb(frame))).toEqual(expected);
    }),
  );
});

test.each(['gray8', 'gray16le', 'rgb24', 'rgba32'] as const)('%s is returned as it is', (format) => {
  const frame = allocateFrame({ format, width: 3, height: 2 });
  expect(toRgb(frame)).toBe(frame);
});

test('the converted frame keeps the facts and outlives the original', () => {
  const facts = {
    captureTime: 7n,
    sequence: 9,
    metadata: { gain: 1 },
    area: { x: 1, y: 1, sourceWidth: 9, sourceHeight: 9 },
  };
  for (const format of ['bgr24', 'nv12', 'bayer_rggb8'] as const) {
    const frame = allocateFrame({ format, width: 4, height: 4 }, facts);
    const rgb = toRgb(frame);
    frame.release();
    expect(rgb).toMatchObject(facts);
    expect(rgb.data).toHaveLength(48);
  }
});

/** The colour a Bayer pixel was seen through. */
function filterAt(format: string, x: number, y: number): 'r' | 'g' | 'b' {
  return format.slice(6, 10)[(y % 2) * 2 + (x % 2)] as 'r' | 'g' | 'b';
}

function sampleAt(frame: Frame, x: number, y: number): number {
  const at = y * frame.stride + x * (frame.format.endsWith('16le') ? 2 : 1);
  const low = frame.data[at] as number;
  return frame.format.endsWith('16le') ? low + 256 * (frame.data[at + 1] as number) : low;
}

/** Mean of the samples of one colour in the 3x3 neighbourhood that bilinear interpolation takes, edges reflected. */
function bilinear(frame: Frame, x: number, y: number, colour: 'r' | 'g' | 'b'): number {
  if (filterAt(frame.format, x, y) === colour) return sampleAt(frame, x, y);
  const around = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [x + right, y + down] as const));
  const inside = (at: number, count: number) => (at < 0 ? -at : at < count ? at : 2 * (count - 1) - at);
  const samples = around
    .map(([i, j]) => [inside(i, frame.width), inside(j, frame.height)] as const)
    .filter(([i, j]) => filterAt(frame.format, i, j) === colour)
    .map(([i, j]) => sampleAt(frame, i, j));
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

test('Bayer samples stay, missing colours are the mean of their nearest, in all orders, depths, sizes and paddings', () => {
  const frames = anyFrame(fc.constantFrom(...bayerFormats)).filter(({ width, height }) => width > 1 && height > 1);
  fc.assert(
    fc.property(frames, fc.integer({ min: 8, max: 16 }), (frame, bits) => {
      const scale = frame.format.endsWith('16le') ? 2 ** (bits - 8) : 1;
      const rgb = toRgb(frame, { bits });
      for (let y = 0; y < frame.height; y++) {
        for (let x = 0; x < frame.width; x++) {
          (['r', 'g', 'b'] as const).forEach((colour, part) => {
            const expected = Math.min(255, bilinear(frame, x, y, colour) / scale);
            const got = rgb.data[y * rgb.stride + 3 * x + part] as number;
            if (Math.abs(got - expected) > 1) throw new Error(`${x},${y} ${colour}: ${got}, not ${expected}`);
          });
        }
      }
    }),
  );
});

test('a Bayer picture of one row, column or pixel converts without reading outside', () => {
  for (const [width, height] of [
    [1, 1],
    [1, 5],
    [5, 1],
  ] as const) {
    for (const format of bayerFormats) {
      const frame = allocateFrame({ format, width, height });
      frame.data.fill(0x80);
      expect([...toRgb(frame).data].every((byte) => byte === 0x80)).toBe(true);
    }
  }
});

test('a part of a picture converts as that part of the converted picture', () => {
  for (const format of ['bgra32', ...yuvFormats] as const) {
    const frame = noisyFrame({ format, width: 21, height: 13 });
    const part = { x: 4, y: 6, width: 9, height: 5 };
    const partOfRgb = pixelBytes(cropFrame(toRgb(frame), part));
    expect(pixelBytes(toRgb(cropFrame(frame, part)))).toEqual(partOfRgb);
  }
});

test('options that mean nothing are refused', () => {
  const bad = expect.objectContaining({ code: 'BAD_ARGUMENT' });
  const nv12 = allocateFrame({ format: 'nv12', width: 2, height: 2 });
  expect(() => toRgb(nv12, { matrix: 'bt2020' as never })).toThrow(bad);
  expect(() => toRgb(nv12, { range: 'tv' as never })).toThrow(bad);
  for (const bits of [7, 17, 12.5]) {
    expect(() => toRgb(allocateFrame({ format: 'bayer_rggb16le', width: 2, height: 2 }), { bits })).toThrow(bad);
  }
});

/** OpenCV on raw bytes: argv is the conversion, dtype and shape. OpenCV names a Bayer order by its second row. */
const cv2Script = `
import sys, numpy, cv2
name, dtype, *shape = sys.argv[1:]
array = numpy.frombuffer(sys.stdin.buffer.read(), dtype).reshape([int(n) for n in shape])
sys.stdout.buffer.write(cv2.cvtColor(array, getattr(cv2, 'COLOR_' + name)).tobytes())
`;

/** Largest difference between two byte arrays of the same length. */
function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (b[index] as number))), 0);
}

test.for([
  ['yuyv422', 'YUV2RGB_YUYV', ['26', '34', '2']],
  ['nv12', 'YUV2RGB_NV12', ['39', '34']],
  ['i420', 'YUV2RGB_I420', ['39', '34']],
] as const)('%s agrees with OpenCV within 2', ([format, name, shape], context) => {
  if (cv2 === undefined) return context.skip(missing('numpy', 'cv2'));
  const frame = noisyFrame({ format, width: 34, height: 26 });
  // OpenCV cuts luma below black off before the matrix, the standard after it: keep to the legal range.
  for (const { data } of frame.planes) data.set(data.map((byte) => Math.max(byte, 16)));
  const theirs = runPython(cv2, cv2Script, pixelBytes(frame), name, 'uint8', ...shape);
  expect(largestDifference(toRgb(frame).data, theirs)).toBeLessThanOrEqual(2);
});

test.for([
  ['bayer_rggb8', 'BayerBG2RGB'],
  ['bayer_bggr8', 'BayerRG2RGB'],
  ['bayer_grbg8', 'BayerGB2RGB'],
  ['bayer_gbrg8', 'BayerGR2RGB'],
  ['bayer_rggb16le', 'BayerBG2RGB'],
  ['bayer_gbrg16le', 'BayerGR2RGB'],
] as const)('%s agrees with OpenCV inside the edges', ([format, name], context) => {
  if (cv2 === undefined) return context.skip(missing('numpy', 'cv2'));
  const wide = format.endsWith('16le');
  const size = { width: 35, height: 23 };
  const frame = noisyFrame({ format, ...size });
  const raw = runPython(cv2, cv2Script, pixelBytes(frame), name, wide ? '<u2' : 'uint8', '23', '35');
  const theirs = wide ? raw.filter((_, index) => index % 2 === 1) : raw; // the upper byte
  const inside = (data: Uint8Array) =>
    pixelBytes(cropFrame(frameOver({ format: 'rgb24', ...size }, data), { x: 1, y: 1, width: 33, height: 21 }));
  expect(largestDifference(inside(toRgb(frame).data), inside(theirs))).toBeLessThanOrEqual(1);
});

/** Colours that change slowly, so that it does not matter how a converter interpolates chroma. */
function smoothFrame(format: PixelFormat, width: number, height: number): Frame {
  const frame = allocateFrame({ format, width, height });
  frame.planes.forEach(({ data, stride }, plane) => {
    for (let at = 0; at < data.length; at++) data[at] = 60 + 40 * plane + (at % stride) + Math.floor(at / stride);
  });
  return frame;
}

test.for([
  ['bt601', 'limited', 48, 32],
  ['bt709', 'limited', 48, 32],
  ['bt601', 'full', 48, 32],
  ['bt709', 'limited', 47, 31],
] as const)('i420 in %s, %s, %dx%d agrees with ffmpeg within 4', ([matrix, range, width, height], context) => {
  if (!hasFfmpeg) return context.skip('no ffmpeg');
  const frame = smoothFrame('i420', width, height);
  const names = { bt601: 'bt601', bt709: 'bt709', limited: 'tv', full: 'pc' };
  const input = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-i', 'pipe:0'];
  const scale = `scale=in_color_matrix=${names[matrix]}:in_range=${names[range]}:flags=accurate_rnd`;
  const output = ['-vf', scale, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'];
  const { stdout } = spawnSync('ffmpeg', ['-v', 'error', ...input, ...output], { input: pixelBytes(frame) });
  expect(largestDifference(toRgb(frame, { matrix, range }).data, stdout)).toBeLessThanOrEqual(4);
});
