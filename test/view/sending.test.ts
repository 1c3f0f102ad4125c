import { describe, expect, test } from 'vitest';
import { allocateFrame, type Frame, frameOver, type PixelFormat, pixelFormats, toRgb } from '../../src/frame/index.js';
import { FlowWindow } from '../../src/view/flow-window.js';
import { FrameRate } from '../../src/view/frame-rate.js';
import { OriginalShelf } from '../../src/view/original-shelf.js';
import { pictureOf } from '../../src/view/picture.js';
import { Quality } from '../../src/view/quality.js';
import { reduceFrame } from '../../src/view/reduce-frame.js';
import { SharedFrame } from '../../src/view/shared-frame.js';
import { type MessageHeader, messageHeaderBytes, readMessageHeader, writeMessageHeader } from '../../src/view/wire.js';

describe('messages', () => {
  const header: MessageHeader = {
    ...{ kind: 1, encoding: 1, camera: 513, width: 65_535, height: 1, format: 23, sourceFormat: 3, reduction: 7 },
    ...{ flags: 1, textBytes: 16, bodyBytes: 0xffff_fff0, strides: [1, 2, 0xffff_ffff], number: 9 },
    ...{ captureTime: 2n ** 63n + 1n, publishedMs: 1.5e12 + 0.125, sentMs: 1.7e12, sequence: 2 ** 50 },
    ...{ missed: 3, skipped: 4, fullWidth: 65_535, fullHeight: 7 },
  } as MessageHeader;

  test('a header comes back as it was written', () => {
    const bytes = new DataView(new ArrayBuffer(messageHeaderBytes));
    writeMessageHeader(bytes, header);
    expect(readMessageHeader(bytes)).toEqual(header);
  });

  test('bytes that are no header are not taken for one', () => {
    expect(readMessageHeader(new DataView(new ArrayBuffer(messageHeaderBytes)))).toBeUndefined();
    expect(readMessageHeader(new DataView(new ArrayBuffer(10)))).toBeUndefined();
  });
});

describe('messages under way', () => {
  const fill = (window: FlowWindow, from: number, now: number) => {
    let number = from;
    while (window.open) window.sent(number++, 1000, now);
    return number - 1;
  };

  test('become fewer while they take long, down to one, and more while they are quick, up to a limit', () => {
    const window = new FlowWindow();
    let [last, now] = [0, 0];
    for (let turn = 0; turn < 8; turn++) {
      last = fill(window, last + 1, now);
      now += 500;
      window.arrived(last, now);
    }
    expect(window.size).toBe(1);
    for (let turn = 0; turn < 100; turn++) {
      last = fill(window, last + 1, now);
      now += 10;
      window.arrived(last, now);
    }
    expect(window.size).toBe(24);
    expect(window.arrivedBytes).toBe(last * 1000);
  });

  test('are not ended by acknowledgements of what was never sent', () => {
    const window = new FlowWindow();
    const last = fill(window, 1, 0);
    for (const number of [last + 1, -1, Number.NaN, Number.POSITIVE_INFINITY]) window.arrived(number, 1);
    expect(window.open).toBe(false);
  });
});

describe('quality by itself', () => {
  const rgb = allocateFrame({ format: 'rgb24', width: 8, height: 8 });
  const gray16 = allocateFrame({ format: 'gray16le', width: 8, height: 8 });
  const slow = { offered: 30, sent: 5, bytesPerSecond: 2e6 };
  const good = { offered: 30, sent: 30, bytesPerSecond: 5e6 };
  const repeat = (quality: Quality, times: number, delivery: typeof slow) => {
    for (let second = 0; second < times; second++) quality.judge(delivery);
  };

  test('becomes JPEG for pictures and fewer pixels for numbers on a slow link, which are never compressed', () => {
    const quality = new Quality('auto');
    expect(quality.formOf(rgb)).toEqual({ reduction: 1, jpeg: false });
    repeat(quality, 2, slow);
    expect(quality.formOf(rgb)).toEqual({ reduction: 1, jpeg: true });
    expect(quality.formOf(gray16)).toEqual({ reduction: 2, jpeg: false });
    repeat(quality, 20, slow);
    expect(quality.formOf(gray16)).toEqual({ reduction: 8, jpeg: false });
  });

  test('tries better pictures after a while, less and less often when that fails', () => {
    const quality = new Quality('auto');
    repeat(quality, 2, slow);
    const secondsUntilRaw = () => {
      for (let second = 1; second < 500; second++) {
        quality.judge(good);
        if (!quality.formOf(rgb).jpeg) return second;
      }
      return Number.POSITIVE_INFINITY;
    };
    const first = secondsUntilRaw();
    repeat(quality, 2, slow);
    const second = secondsUntilRaw();
    expect(second).toBe(2 * first);
  });

  test('stays exact on a fast link, however much the page misses, and as chosen where it was chosen', () => {
    const fast = new Quality('auto');
    repeat(fast, 20, { ...slow, bytesPerSecond: 200e6 });
    expect(fast.formOf(rgb).jpeg).toBe(false);
    const chosen = new Quality('half');
    repeat(chosen, 20, slow);
    expect(chosen.formOf(rgb)).toEqual({ reduction: 2, jpeg: false });
  });
});

describe('fewer pixels', () => {
  const numbered = (format: PixelFormat, width: number, height: number): Frame => {
    const frame = allocateFrame({ format, width, height });
    for (const { data } of frame.planes) data.set(data.map((_, at) => (at * 31) % 253));
    return frame;
  };

  test('gray and RGB: every n-th pixel of every n-th row, its own numbers', () => {
    for (const format of ['gray8', 'gray16le', 'rgb24', 'bgrx32'] as const) {
      const frame = numbered(format, 13, 7);
      const small = reduceFrame(frame, 3);
      const bytes = frame.stride / frame.width;
      expect([small.width, small.height]).toEqual([4, 2]);
      for (let y = 0; y < 2; y++) {
        for (let x = 0; x < 4; x++) {
          const from = 3 * y * frame.stride + 3 * x * bytes;
          const at = y * small.stride + x * bytes;
          expect([...small.data.subarray(at, at + bytes)]).toEqual([...frame.data.subarray(from, from + bytes)]);
        }
      }
    }
  });

  test('Bayer keeps its tiles: a red picture stays red', () => {
    const frame = allocateFrame({ format: 'bayer_grbg8', width: 16, height: 16 });
    frame.data.set(frame.data.map((_, at) => ((at % 16) % 2 === 1 && Math.floor(at / 16) % 2 === 0 ? 200 : 0)));
    const colours = toRgb(reduceFrame(frame, 2)).data;
    expect(colours.every((value, at) => value === (at % 3 === 0 ? 200 : 0))).toBe(true);
  });

  test.each(pixelFormats)('%s of odd sizes and padded strides stays readable', (format) => {
    const frame = numbered(format, 67, 45);
    for (const factor of [2, 3, 5, 8]) {
      const small = reduceFrame(frame, factor);
      expect(() => toRgb(small)).not.toThrow();
      expect(small.width).toBeGreaterThanOrEqual(Math.floor(67 / factor) - 1);
    }
  });
});

describe('a frame that is shared', () => {
  test('is released once, when the last one has it', () => {
    let released = 0;
    const frame = frameOver({ format: 'gray8', width: 2, height: 2 }, new Uint8Array(4), {
      onRelease: () => released++,
    });
    const shared = new SharedFrame(frame, 0, 0, { lent: 0 });
    shared.hold();
    shared.release();
    expect(released).toBe(0);
    shared.release();
    expect(released).toBe(1);
  });

  test('lends the memory of at most two frames of a camera to sockets', () => {
    const lending = { lent: 0 };
    const make = () => new SharedFrame(allocateFrame({ format: 'gray8', width: 2, height: 2 }), 0, 0, lending);
    const [first, second, third] = [make(), make(), make()];
    expect([first.beginWrite(), second.beginWrite(), third.beginWrite()]).toEqual([true, true, false]);
    expect(first.beginWrite()).toBe(true); // the same frame to another viewer costs nothing
    first.endWrite();
    expect(third.beginWrite()).toBe(false);
    first.endWrite();
    expect(third.beginWrite()).toBe(true);
  });

  test('is compressed once for any number of viewers', () => {
    const shared = new SharedFrame(allocateFrame({ format: 'rgb24', width: 64, height: 64 }), 0, 0, { lent: 0 });
    const form = { width: Number.POSITIVE_INFINITY, reduction: 1, jpeg: true };
    expect(pictureOf(shared, form)).toBe(pictureOf(shared, form));
    expect(pictureOf(shared, form).pieces[0]?.subarray(0, 2)).toEqual(Uint8Array.of(0xff, 0xd8));
  });

  test('of 16 bits or a mosaic is never compressed', () => {
    for (const format of ['gray16le', 'bayer_rggb8'] as const) {
      const shared = new SharedFrame(allocateFrame({ format, width: 64, height: 64 }), 0, 0, { lent: 0 });
      expect(pictureOf(shared, { width: Number.POSITIVE_INFINITY, reduction: 1, jpeg: true })).toBe(shared.raw);
    }
  });
});

test('originals: the newest are kept, at most 120 and 64 MB of them', async () => {
  const shelf = new OriginalShelf();
  const frame = (sequence: number) => allocateFrame({ format: 'gray8', width: 1, height: 1 }, { sequence });
  const read = async () => new Uint8Array(1);
  for (let sequence = 1; sequence <= 200; sequence++) shelf.add(frame(sequence), { heldBytes: 0, read });
  expect(shelf.find(80, 0n)).toBeUndefined();
  expect(shelf.find(81, 0n)).toBeDefined();
  for (let sequence = 201; sequence <= 210; sequence++) shelf.add(frame(sequence), { heldBytes: 20 << 20, read });
  expect(shelf.find(207, 0n)).toBeUndefined();
  expect(shelf.find(208, 0n)).toBeDefined();
  expect(shelf.find(210, 1n)).toBeUndefined();
});

test('the rate of a source is that of the last second, and sinks when frames stay away', () => {
  const rate = new FrameRate();
  for (let frame = 0; frame < 60; frame++) rate.add(frame * 20, 1000);
  const last = 59 * 20;
  expect(rate.measure(last).fps).toBeCloseTo(50, 0);
  expect(rate.measure(last).bytesPerSecond).toBeCloseTo(50_000, -3);
  expect(rate.measure(last + 500).fps).toBeLessThan(40);
  expect(rate.measure(last + 5000).fps).toBe(0);
  const slow = new FrameRate();
  for (let second = 0; second < 5; second++) slow.add(second * 2000, 1000);
  expect(slow.measure(9500).fps).toBeCloseTo(0.5, 1);
  expect(slow.measure(15_000).fps).toBe(0);
});
