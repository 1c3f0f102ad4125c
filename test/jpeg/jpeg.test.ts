import { beforeAll, describe, expect, it } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import { allocateFrame, type Frame, frameOver } from '../../src/frame/index.js';
import { type JpegPixelFormat, readJpegHeader, TurboJpeg } from '../../src/jpeg/index.js';

const turbo = new TurboJpeg();

/** A smooth picture that JPEG keeps within a few of 255; red across, green down, blue constant. */
function gradient(format: JpegPixelFormat, width: number, height: number, padding = 0): Frame {
  const order = { gray8: 'g', rgb24: 'rgb', bgr24: 'bgr', rgba32: 'rgba', bgra32: 'bgra', bgrx32: 'bgrx' }[format];
  const stride = width * order.length + padding;
  const frame = allocateFrame({ format, width, height, strides: [stride] });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel: Record<string, number> = { r: (255 * x) / width, g: (255 * y) / height, b: 90, a: 255, x: 255 };
      [...order].forEach((channel, index) => {
        frame.data[y * stride + x * order.length + index] = pixel[channel] as number;
      });
    }
  }
  return frame;
}

function largestDifference(one: Frame, other: Frame, rowBytes: number): number {
  let most = 0;
  for (let y = 0; y < one.height; y++) {
    for (let at = 0; at < rowBytes; at++) {
      const difference = (one.data[y * one.stride + at] as number) - (other.data[y * other.stride + at] as number);
      most = Math.max(most, Math.abs(difference));
    }
  }
  return most;
}

function failure(action: () => unknown): FramelaneError {
  try {
    action();
  } catch (error) {
    if (error instanceof FramelaneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Where a marker's segment starts in a JPEG. */
function segmentAt(jpeg: Uint8Array, code: number): number {
  for (let at = 2; ; at += 2 + (jpeg[at + 2] as number) * 256 + (jpeg[at + 3] as number)) {
    if (jpeg[at + 1] === code) return at;
    if (jpeg[at + 1] === 0xda) throw new Error(`no segment ${code}`);
  }
}

function without(jpeg: Uint8Array, code: number): Uint8Array {
  const at = segmentAt(jpeg, code);
  const end = at + 2 + (jpeg[at + 2] as number) * 256 + (jpeg[at + 3] as number);
  return Uint8Array.of(...jpeg.subarray(0, at), ...jpeg.subarray(end));
}

function changed(jpeg: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const copy = jpeg.slice();
  copy.set(bytes, at);
  return copy;
}

describe('JPEG there and back', () => {
  it.each(['gray8', 'rgb24', 'bgr24', 'rgba32', 'bgra32', 'bgrx32'] as const)('%s keeps its picture', (format) => {
    const frame = gradient(format, 64, 48);
    const jpeg = turbo.encode(frame, { quality: 95, subsampling: '444' });
    const back = turbo.decode(jpeg, { format });
    expect(back).toMatchObject({ format, width: 64, height: 48 });
    expect(largestDifference(frame, back, frame.stride)).toBeLessThan(12);
  });

  it('gray stays gray, colour becomes rgb24', () => {
    expect(turbo.decode(turbo.encode(gradient('gray8', 17, 9))).format).toBe('gray8');
    expect(turbo.decode(turbo.encode(gradient('bgra32', 17, 9))).format).toBe('rgb24');
  });

  it.each([
    ['whole pixels', 6],
    ['odd bytes', 7],
  ])('encodes and decodes rows padded by %s, and leaves the padding alone', (_, padding) => {
    const frame = gradient('rgb24', 40, 30, padding);
    const target = allocateFrame({ format: 'rgb24', width: 40, height: 30, strides: [120 + padding] });
    target.data.fill(7);
    turbo.decodeInto(turbo.encode(frame, { quality: 95, subsampling: '444' }), target);
    expect(largestDifference(frame, target, 120)).toBeLessThan(12);
    for (let y = 0; y < 30; y++) expect(target.data[y * target.stride + 120]).toBe(7);
  });

  it("decodes into the caller's memory and not beyond", () => {
    const jpeg = turbo.encode(gradient('gray8', 32, 16));
    const memory = new Uint8Array(3 + 512 + 5).fill(0xaa);
    const frame = turbo.decode(jpeg, { into: memory.subarray(3) });
    expect(frame.data.buffer).toBe(memory.buffer);
    expect([...memory.subarray(0, 3), ...memory.subarray(515)]).toEqual(Array(8).fill(0xaa));
    expect(failure(() => turbo.decode(jpeg, { into: new Uint8Array(511) })).code).toBe('BAD_ARGUMENT');
  });

  it('refuses a target of another size or format', () => {
    const jpeg = turbo.encode(gradient('gray8', 32, 16));
    expect(failure(() => turbo.decodeInto(jpeg, gradient('gray8', 16, 32))).code).toBe('BAD_ARGUMENT');
    const yuyv = allocateFrame({ format: 'yuyv422', width: 32, height: 16 });
    expect(failure(() => turbo.decodeInto(jpeg, yuyv)).code).toBe('UNSUPPORTED');
    expect(failure(() => turbo.encode(yuyv)).code).toBe('UNSUPPORTED');
    expect(failure(() => turbo.encode(gradient('gray8', 8, 8), { quality: 0 })).code).toBe('BAD_ARGUMENT');
  });

  it('takes bytes behind the end as no part of the picture', () => {
    const jpeg = turbo.encode(gradient('gray8', 32, 16));
    const padded = new Uint8Array(jpeg.length + 188);
    padded.set(jpeg);
    expect(turbo.decode(padded).data).toEqual(turbo.decode(jpeg).data);
  });

  it('takes padding before the end marker, as some cameras write it', () => {
    const jpeg = turbo.encode(gradient('rgb24', 64, 48));
    const padded = Uint8Array.of(...jpeg.subarray(0, -2), 0, 0, 0, 0, 0, 0, 0xff, 0xd9);
    expect(turbo.decode(padded).data).toEqual(turbo.decode(jpeg).data);
  });
});

describe('a JPEG that must not be believed', () => {
  let jpeg: Uint8Array;
  let sof: number;
  beforeAll(() => {
    jpeg = turbo.encode(gradient('rgb24', 64, 48));
    sof = segmentAt(jpeg, 0xc0);
  });

  it('65535 x 65535: refused by the pixel limit, before memory is touched', () => {
    const before = process.memoryUsage();
    const error = failure(() => turbo.decode(changed(jpeg, sof + 5, 255, 255, 255, 255)));
    expect(error.code).toBe('LIMIT_EXCEEDED');
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1e6);
  });

  it('a large size within the limit on few bytes: refused, since they cannot hold it', () => {
    const error = failure(() => turbo.decode(changed(jpeg, sof + 5, 0x1f, 0x40, 0x1f, 0x40)));
    expect(error.code).toBe('JPEG_INVALID');
    expect(error.message).toContain('cannot hold 8000x8000');
  });

  it("the limit is the caller's to set", () => {
    const small = new TurboJpeg({ maxPixels: 64 * 48 - 1 });
    expect(failure(() => small.decode(jpeg)).code).toBe('LIMIT_EXCEEDED');
    expect(failure(() => small.encode(gradient('gray8', 64, 48))).code).toBe('LIMIT_EXCEEDED');
    expect(new TurboJpeg({ maxPixels: 64 * 48 }).decode(jpeg).width).toBe(64);
  });

  it('cut anywhere: JPEG_INVALID, never a picture filled up with gray', () => {
    for (let length = 0; length < jpeg.length; length++) {
      const error = failure(() => turbo.decode(jpeg.subarray(0, length)));
      expect([length, error.code]).toEqual([length, 'JPEG_INVALID']);
      expect(error.details.offset).toBeLessThanOrEqual(length);
    }
  });

  it('cut, with an end marker put back: still an error', () => {
    const large = turbo.encode(gradient('rgb24', 320, 240), { quality: 95 });
    const { scanOffset } = readJpegHeader(large);
    for (const keep of [0.3, 0.6, 0.9]) {
      const length = scanOffset + Math.floor((large.length - scanOffset) * keep);
      const patched = changed(large.subarray(0, length), length - 2, 0xff, 0xd9);
      expect(failure(() => turbo.decode(patched)).code).toBe('JPEG_INVALID');
    }
  });

  it.each([
    ['quantization', 0xdb],
    ['Huffman', 0xc4],
  ])('without its %s tables', (name, code) => {
    let bare = jpeg;
    for (;;) {
      try {
        bare = without(bare, code);
      } catch {
        break;
      }
    }
    const error = failure(() => turbo.decode(bare));
    expect(error.code).toBe('JPEG_INVALID');
    expect(error.message).toMatch(new RegExp(`${name} table.* is missing`));
  });

  it.each([
    ['12 bits', 4, [12], '12 bits a component'],
    ['four components', 9, [4], 'CMYK'],
    ['two components', 9, [2], '2 components'],
    ['no width', 7, [0, 0], '0'],
    ['no height (a DNL picture)', 5, [0, 0], '0'],
    ['sampling factor 0', 11, [0x01], 'sampling factors'],
    ['sampling factor 5', 11, [0x51], 'sampling factors'],
    ['arithmetic coding', 1, [0xc9], 'SOF9'],
    ['lossless', 1, [0xc3], 'SOF3'],
    ['differential', 1, [0xc5], 'SOF5'],
  ] as [string, number, number[], string][])('%s: says so', (_, at, bytes, words) => {
    const error = failure(() => turbo.decode(changed(jpeg, sof + at, ...bytes)));
    expect(error.code).toBe('JPEG_INVALID');
    expect(error.message).toContain(words);
    expect(error.details.offset).toBe(sof);
  });

  it('a scan of hundreds of scans is refused', () => {
    const progressive = changed(jpeg, sof + 1, 0xc2);
    const { scanOffset } = readJpegHeader(progressive);
    const scans = new Uint8Array(2000).map((_, index) => (index % 2 === 0 ? 0xff : 0xda));
    const many = Uint8Array.of(...progressive.subarray(0, scanOffset), ...scans, 0xff, 0xd9);
    expect(failure(() => turbo.decode(many)).message).toContain('more than 100 scans');
  });

  it('nothing, something else, only markers', () => {
    for (const bytes of [[], [0xff], [0xff, 0xd8], [0x89, 0x50], [0xff, 0xd8, 0xff, 0xd9], Array(64).fill(0xff)]) {
      expect(failure(() => turbo.decode(Uint8Array.from(bytes))).code).toBe('JPEG_INVALID');
    }
  });
});

it('decoding the same picture again and again takes no more memory', () => {
  const jpeg = turbo.encode(gradient('rgb24', 320, 240));
  const target = frameOver({ format: 'rgb24', width: 320, height: 240 }, new Uint8Array(320 * 240 * 3));
  const run = (times: number) => {
    for (let turn = 0; turn < times; turn++) turbo.decodeInto(jpeg, target);
    return process.memoryUsage.rss();
  };
  const before = run(300);
  const after = run(1500);
  // A picture that leaks once in ten decodes would show as 34 MB.
  expect(after - before).toBeLessThan(16e6);
});
