import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import {
  decodeImageHeader,
  emptyImageHeader,
  encodeImageHeader,
  imageFormats,
  imageHeaderBytes,
  type TineImageHeader,
} from '../../src/tine/image-header.js';

const folder = new URL('../vectors/tine/', import.meta.url);
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const u32 = fc.nat({ max: 0xffff_ffff });
const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const f32 = fc.float({ noNaN: true });
const latin1Name = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 64 })
  .map((codes) => String.fromCharCode(...codes));

const anyHeader: fc.Arbitrary<TineImageHeader> = fc.record({
  baseTag: fc.constant(emptyImageHeader.baseTag),
  cameraPortId: u32,
  versionTag: u32,
  totalLength: u32,
  timestampSeconds: u32,
  timestampMicroseconds: i32,
  cameraPortName: latin1Name,
  sourceWidth: i32,
  sourceHeight: i32,
  aoiWidth: i32,
  aoiHeight: i32,
  xStart: i32,
  yStart: i32,
  bytesPerPixel: i32,
  effectiveBitsPerPixel: i32,
  horizontalBinning: i32,
  verticalBinning: i32,
  sourceFormat: i32,
  imageFormat: i32,
  frameNumber: u32,
  eventNumber: u32,
  xScale: f32,
  yScale: f32,
  imageRotation: f32,
  fspare1: f32,
  fspare2: f32,
  fspare3: f32,
  imageFlags: i32,
  ispare1: i32,
  ispare2: i32,
  ispare3: i32,
  appendedFrameSize: i32,
});

function codeOf(action: () => unknown): [string, number | undefined] {
  try {
    action();
  } catch (error) {
    if (error instanceof FramelaneError) return [error.code, error.details.offset];
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the header of a TINE image', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.bin')))(
    '%s goes through without a changed bit',
    (name) => {
      const bytes = fixture(name).subarray(0, imageHeaderBytes);
      expect(encodeImageHeader(decodeImageHeader(bytes))).toEqual(bytes);
    },
  );

  it("an empty one equals TINE's own, to the bit", () => {
    expect(encodeImageHeader({})).toEqual(fixture('defaults.bin'));
    expect(decodeImageHeader(fixture('defaults.bin'))).toEqual(emptyImageHeader);
  });

  it('gives every field of a 12-bit gray image', () => {
    const header = decodeImageHeader(fixture('gray16le_3x2_12bit.bin'));
    expect(header).toMatchObject({
      cameraPortId: 42,
      totalLength: 200,
      timestampSeconds: 0x57454974,
      timestampMicroseconds: 123456,
      cameraPortName: 'Z41L.R2J',
      sourceWidth: 3,
      sourceHeight: 2,
      aoiWidth: -1,
      bytesPerPixel: 2,
      effectiveBitsPerPixel: 12,
      imageFormat: imageFormats.GRAY,
      frameNumber: 0x3c0eaa,
      eventNumber: 7,
      imageFlags: 3,
      appendedFrameSize: 12,
    });
    expect(header.xScale).toBeCloseTo(0.03571, 4);
    expect(header.yScale).toBeCloseTo(0.05, 6);
  });

  it('reads a name that fills all 64 bytes without a NUL', () => {
    const header = decodeImageHeader(fixture('gray8_aoi_4x3_of_640x480.bin'));
    expect(header.cameraPortName).toBe(`${'0123456789'.repeat(6)}0123`);
    expect(header).toMatchObject({ aoiWidth: 4, aoiHeight: 3, xStart: 100, yStart: 50, sourceWidth: 640 });
  });

  it('carries any value of any field both ways', () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        expect(decodeImageHeader(encodeImageHeader(header))).toEqual(header);
      }),
    );
  });

  it('carries any 188 bytes through unchanged, also what stands behind the NUL of the name', () => {
    const notNaN = (bytes: Uint8Array) => {
      const view = new DataView(bytes.buffer);
      return [144, 148, 152, 156, 160, 164].every((at) => !Number.isNaN(view.getFloat32(at, true)));
    };
    const anyBytes = fc.uint8Array({ minLength: 188, maxLength: 188 }).filter(notNaN);
    fc.assert(
      fc.property(anyBytes, (random) => {
        const bytes = random.slice();
        bytes.set([0x56, 0x53, 0x56, 0x33]);
        expect(encodeImageHeader(decodeImageHeader(bytes))).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('writes u32 values of 2^31 and above as they are', () => {
    const bytes = encodeImageHeader({ cameraPortId: 0xfedcba98, frameNumber: 0xffff_ffff, eventNumber: 0x8000_0000 });
    expect([...bytes.subarray(4, 8)]).toEqual([0x98, 0xba, 0xdc, 0xfe]);
    expect(decodeImageHeader(bytes)).toMatchObject({
      cameraPortId: 0xfedcba98,
      frameNumber: 0xffff_ffff,
      eventNumber: 0x8000_0000,
    });
  });

  it('writes into the memory it is given, and nothing beyond the 188 bytes', () => {
    const memory = new Uint8Array(200).fill(0xee);
    const written = encodeImageHeader({ frameNumber: 5 }, memory);
    expect(written.buffer).toBe(memory.buffer);
    expect(written.length).toBe(188);
    expect([...memory.subarray(188)]).toEqual(Array(12).fill(0xee));
    expect(codeOf(() => encodeImageHeader({}, new Uint8Array(187)))).toEqual(['LIMIT_EXCEEDED', 184]);
  });

  it.each([...Array(188).keys()])('cut after %i bytes: TRUNCATED at that offset', (length) => {
    expect(codeOf(() => decodeImageHeader(fixture('defaults.bin').subarray(0, length)))).toEqual(['TRUNCATED', length]);
  });

  it('without its tag: TINE_INVALID at byte 0', () => {
    expect(codeOf(() => decodeImageHeader(new Uint8Array(200)))).toEqual(['TINE_INVALID', 0]);
  });

  it.each([
    [{ cameraPortId: -1 }, 4],
    [{ frameNumber: 2 ** 32 }, 136],
    [{ eventNumber: 1.5 }, 140],
    [{ sourceWidth: 2 ** 31 }, 88],
    [{ appendedFrameSize: Number.NaN }, 184],
    [{ cameraPortName: 'x'.repeat(65) }, 24],
  ] as [Partial<TineImageHeader>, number][])('refuses %o, naming the offset', (fields, offset) => {
    expect(codeOf(() => encodeImageHeader(fields))).toEqual(['BAD_ARGUMENT', offset]);
  });

  it('refuses names that Latin-1 cannot carry', () => {
    expect(codeOf(() => encodeImageHeader({ cameraPortName: 'Kamera €' }))[0]).toBe('BAD_ARGUMENT');
    expect(codeOf(() => encodeImageHeader({ cameraPortName: 'a\0b' }))[0]).toBe('BAD_ARGUMENT');
  });
});
