import { expect, test } from 'vitest';
import { verifyCounterFrame } from '../../src/endpoints/counter-pattern.js';
import { openSource } from '../../src/endpoints/registry.js';
import type { FrameMemory } from '../../src/endpoints/source.js';
import { testPatterns } from '../../src/endpoints/test-patterns.js';
import { copyFrame, type Frame, pixelFormats, toRgb } from '../../src/frame/index.js';

const badUri = expect.objectContaining({ code: 'BAD_URI' });

async function collect(address: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of await openSource(address)) {
    frames.push(copyFrame(frame));
    frame.release();
  }
  return frames;
}

test('counter frames are whole and numbered from 1', async () => {
  const frames = await collect('test:97x33?fps=0&frames=5');
  expect(frames.map(verifyCounterFrame)).toEqual([1, 2, 3, 4, 5]);
  expect(frames.map((frame) => frame.sequence)).toEqual([1, 2, 3, 4, 5]);
});

test.each(testPatterns)('pattern %s moves, in every pixel format and at odd sizes', async (pattern) => {
  for (const format of pixelFormats) {
    const [first, second] = await collect(`test:67x41?fps=max&frames=2&pattern=${pattern}&format=${format}`);
    expect(first).toMatchObject({ format, width: 67, height: 41 });
    const same = first?.planes.every(
      ({ data }, plane) => Buffer.compare(data, second?.planes[plane]?.data ?? data) === 0,
    );
    expect(same).toBe(false);
  }
});

test.each(testPatterns)('pattern %s works at one pixel', async (pattern) => {
  for (const format of pixelFormats) {
    expect(await collect(`test:1x1?fps=max&frames=3&pattern=${pattern}&format=${format}`)).toHaveLength(3);
  }
});

test('bars have the same colours in every format with colour', async () => {
  const [reference] = await collect('test:64x64?fps=0&frames=1&pattern=bars&format=rgb24');
  for (const format of ['bgr24', 'rgba32', 'bgra32', 'bgrx32', 'yuyv422', 'nv12', 'i420'] as const) {
    const [frame] = await collect(`test:64x64?fps=0&frames=1&pattern=bars&format=${format}`);
    const picture = toRgb(frame as Frame);
    const step = picture.stride / 64;
    for (const x of [3, 12, 20, 28, 36, 44, 52, 60]) {
      for (const channel of [0, 1, 2]) {
        const at = 40 * picture.stride + x * step + channel;
        const wanted = reference?.data[40 * 192 + x * 3 + channel] as number;
        expect(Math.abs((picture.data[at] as number) - wanted)).toBeLessThanOrEqual(3);
      }
    }
  }
});

// Upper bounds of time depend on who else is on the machine: such tests may try again.
test('fps is kept without drift', { retry: 4 }, async () => {
  const started = performance.now();
  await collect('test:16x16?fps=100&frames=51');
  const took = performance.now() - started;
  expect(took).toBeGreaterThan(495);
  expect(took).toBeLessThan(650);
});

test('frames without room are counted on, not made up for', async () => {
  let asked = 0;
  const source = await openSource('test:16x16?fps=0&frames=6');
  const full: FrameMemory = { space: async () => void asked++ as undefined };
  for await (const _ of source.frames({ memory: full })) expect.unreachable();
  expect(asked).toBe(6);
});

test('an aborted source ends quietly, also while it waits for its moment', async () => {
  const source = await openSource('test:16x16?fps=0.1');
  const frames = source.frames({ signal: AbortSignal.timeout(50) });
  expect((await frames.next()).done).toBe(false);
  expect((await frames.next()).done).toBe(true);
});

test('what it is, is known before the first frame', async () => {
  const source = await openSource('test:?size=640x480&format=gray16le&fps=25&frames=10');
  expect(await source.info()).toEqual({ format: 'gray16le', width: 640, height: 480, fps: 25, frames: 10 });
});

test.each([
  'test:640',
  'test:640x480?size=1x1',
  'test:?size=0x0',
  'test:?frames=0',
  'test:?pattern=cat',
  'test:?sise=1x1',
])('%s is refused', async (address) => {
  await expect(openSource(address)).rejects.toEqual(badUri);
});

test.each(['gradient', 'bars', 'noise'])(
  '12 bits of pattern %s are the upper 12 of all 16, and are announced',
  async (pattern) => {
    const address = `test:67x41?fps=0&frames=2&format=gray16le&pattern=${pattern}`;
    const [whole, narrow] = [await collect(address), await collect(`${address}&bits=12`)];
    expect(narrow).toHaveLength(2);
    narrow.forEach((frame, index) => {
      const words = (of: Frame) =>
        Uint16Array.from({ length: 67 * 41 }, (_, at) => Buffer.from(of.data).readUInt16LE(2 * at));
      expect(words(frame)).toEqual(words(whole[index] as Frame).map((word) => word >> 4));
      expect(frame.metadata).toEqual({ effectiveBits: 12 });
    });
  },
);

test('bits are refused where they make no sense', async () => {
  for (const options of ['bits=12&pattern=bars', 'format=gray16le&bits=12', 'format=gray16le&pattern=bars&bits=8']) {
    await expect(openSource(`test:?${options}`), options).rejects.toThrow(badUri);
  }
});

test('a frame of more than 4 GiB is a typed error, before anything is allocated', async () => {
  const source = await openSource('test:65535x65535?format=rgba32&fps=0&pattern=counter');
  await expect(source.frames().next()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
});
