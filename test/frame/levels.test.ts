import { describe, expect, it } from 'vitest';
import {
  colourTable,
  effectiveBitsKey,
  type Frame,
  findLevels,
  frameOver,
  levelFrame,
  type Metadata,
} from '../../src/frame/index.js';

function gray16(values: number[], metadata: Metadata = {}, address = 0): Frame {
  const bytes = new Uint8Array(values.length * 2 + address);
  for (const [index, value] of values.entries()) bytes.set([value & 255, value >> 8], address + 2 * index);
  const spec = { format: 'gray16le', width: values.length, height: 1 } as const;
  return frameOver(spec, bytes.subarray(address), { metadata, sequence: 7, captureTime: 5n });
}

const levels = (frame: Frame) => [...frame.data];

describe('levelFrame', () => {
  it.each([10, 12, 14, 16])('maps the full range of %i effective bits to 0..255', (bits) => {
    const most = 2 ** bits - 1;
    const frame = gray16([0, most >> 1, most, Math.min(65535, most + 5)], { [effectiveBitsKey]: bits });
    const result = levelFrame(frame);
    expect(result.format).toBe('gray8');
    expect(levels(result)).toEqual([0, 127, 255, 255]);
  });

  it('takes all 16 bits where nothing else is said, and lets the caller say', () => {
    expect(levels(levelFrame(gray16([4095, 65535])))).toEqual([16, 255]);
    expect(levels(levelFrame(gray16([4095, 65535]), { bits: 12 }))).toEqual([255, 255]);
  });

  it('maps a window and clamps what lies outside', () => {
    const frame = gray16([0, 100, 150, 200, 300]);
    expect(levels(levelFrame(frame, { mode: 'window', low: 100, high: 200 }))).toEqual([0, 0, 128, 255, 255]);
  });

  it('finds percentiles and ignores the hot pixel', () => {
    const values = Array.from({ length: 200 }, (_, index) => 1000 + index);
    values[17] = 65535;
    const found = findLevels(gray16(values), { mode: 'percentiles' });
    expect(found.low).toBe(1001);
    expect(found.high).toBe(1198);
    expect(levelFrame(gray16(values), { mode: 'percentiles' }).data[100]).toBeGreaterThan(120);
  });

  it('makes one single value black instead of dividing by nothing', () => {
    expect(levels(levelFrame(gray16([9, 9, 9]), { mode: 'percentiles' }))).toEqual([0, 0, 0]);
  });

  it('reads 16-bit pixels at an odd address and rows with padding', () => {
    expect(levels(levelFrame(gray16([0, 65535], {}, 1)))).toEqual([0, 255]);
    const padded = frameOver({ format: 'gray8', width: 2, height: 2, strides: [3] }, Uint8Array.of(1, 2, 99, 3, 4, 99));
    expect(levels(levelFrame(padded))).toEqual([1, 2, 3, 4]);
  });

  it('colours: gray in, rgb24 out, dark end first', () => {
    const result = levelFrame(gray16([0, 65535]), { colourMap: 'viridis' });
    expect(result.format).toBe('rgb24');
    expect(levels(result)).toEqual([68, 1, 84, 253, 231, 37]);
    expect([...colourTable('turbo').subarray(0, 3)]).toEqual([48, 18, 59]);
  });

  it('keeps time, number and metadata, but not the effective bits of before', () => {
    const result = levelFrame(gray16([1], { [effectiveBitsKey]: 12, camera: 'a' }));
    expect(result).toMatchObject({ sequence: 7, captureTime: 5n, metadata: { camera: 'a' } });
    expect(effectiveBitsKey in result.metadata).toBe(false);
  });

  it("writes into the caller's memory", () => {
    const into = new Uint8Array(4);
    const result = levelFrame(gray16([0, 65535]), { into });
    expect(result.data.buffer).toBe(into.buffer);
    expect(() => levelFrame(gray16([0, 1]), { into: new Uint8Array(1) })).toThrow('takes 2 bytes');
  });

  it.each([
    [{ mode: 'window', low: 5, high: 5 }],
    [{ mode: 'percentiles', lowPercent: 60, highPercent: 40 }],
    [{ bits: 17 }],
    [{ colourMap: 'pink' }],
    [{ mode: 'auto' }],
  ] as unknown as [object][])('refuses %o', (options) => {
    expect(() => levelFrame(gray16([1]), options)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('refuses colour frames', () => {
    const frame = frameOver({ format: 'rgb24', width: 1, height: 1 }, new Uint8Array(3));
    expect(() => levelFrame(frame)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });
});
