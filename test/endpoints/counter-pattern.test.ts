import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counterFrameNumber, fillCounterFrame, verifyCounterFrame } from '../../src/endpoints/counter-pattern.js';
import { allocateFrame, type Frame, frameLayout, pixelFormats } from '../../src/frame/index.js';
import { anySpec } from '../frame/arbitrary.js';
import { missing, pythonWith, runPython } from '../python.js';

const foreign = expect.objectContaining({ code: 'FRAME_INVALID' });
const numpy = pythonWith('numpy');

function counterFrame(number: number, spec: Parameters<typeof allocateFrame>[0]): Frame {
  const frame = allocateFrame(spec);
  fillCounterFrame(frame, number);
  return frame;
}

/** All the bytes that carry pixels, as [plane, index]. */
function pixelPlaces(frame: Frame): [plane: number, index: number][] {
  return frameLayout(frame).planes.flatMap(({ rows, rowBytes }, plane) =>
    Array.from({ length: rows * rowBytes }, (_, at): [number, number] => [
      plane,
      Math.floor(at / rowBytes) * (frame.planes[plane]?.stride as number) + (at % rowBytes),
    ]),
  );
}

test('every format, size and stride comes back with its number', () => {
  fc.assert(
    fc.property(anySpec(), fc.nat({ max: 250 }), (spec, number) => {
      expect(verifyCounterFrame(counterFrame(number, spec))).toBe(number);
    }),
  );
});

test('no byte can change unnoticed', () => {
  for (const format of pixelFormats) {
    const frame = counterFrame(66_000, { format, width: 7, height: 5 });
    for (const [plane, index] of pixelPlaces(frame)) {
      const { data } = frame.planes[plane] as { data: Uint8Array };
      data[index] = (data[index] as number) ^ 0x10;
      expect(() => verifyCounterFrame(frame)).toThrow(foreign);
      data[index] = (data[index] as number) ^ 0x10;
    }
    expect(verifyCounterFrame(frame)).toBe(66_000);
  }
});

test('rows of the next frame are noticed wherever the tear is', () => {
  const spec = { format: 'rgb24', width: 640, height: 48 } as const;
  const next = counterFrame(8, spec);
  for (let row = 1; row < spec.height; row++) {
    const torn = counterFrame(7, spec);
    torn.data.set(next.data.subarray(row * torn.stride), row * torn.stride);
    expect(() => verifyCounterFrame(torn)).toThrow(foreign);
  }
});

test('the error names the first byte that does not belong', () => {
  const frame = counterFrame(3, { format: 'gray8', width: 400, height: 300 });
  frame.data[70_123] = (frame.data[70_123] as number) ^ 1;
  expect(() => verifyCounterFrame(frame)).toThrow(
    expect.objectContaining({ details: { sequence: 3, offset: 70_123 } }),
  );
});

test('numbers up to 2^53 - 1 fit', () => {
  const frame = counterFrame(Number.MAX_SAFE_INTEGER, { format: 'gray8', width: 64, height: 4 });
  expect(counterFrameNumber(frame)).toBe(Number.MAX_SAFE_INTEGER);
  expect(verifyCounterFrame(frame)).toBe(Number.MAX_SAFE_INTEGER);
});

test.skipIf(numpy === undefined)(`Python makes the same bytes (${missing('numpy')})`, () => {
  const script = `
import sys
sys.path.insert(0, sys.argv[1])
from framelane.counter import counter_bytes
sys.stdout.buffer.write(counter_bytes(int(sys.argv[2]), int(sys.argv[3])).tobytes())`;
  for (const [number, width] of [
    [1, 5],
    [2, 12],
    [65_522, 200],
    [2 ** 40 + 7, 65_000],
  ] as const) {
    const frame = counterFrame(number, { format: 'rgb24', width, height: 3 });
    const python = new URL('../../python', import.meta.url).pathname;
    const bytes = runPython(numpy as string, script, new Uint8Array(), python, String(number), String(width * 9));
    expect(Buffer.compare(bytes, frame.data)).toBe(0);
  }
});
