import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedReader, BoundedWriter } from '../../src/bytes/index.js';
import { FramelaneError } from '../../src/error.js';

describe('bounded reading and writing', () => {
  it('gives back every number that was written', () => {
    const i16 = fc.integer({ min: -0x8000, max: 0x7fff });
    const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
    const u32 = fc.nat({ max: 0xffff_ffff });
    fc.assert(
      fc.property(fc.nat(255), fc.nat(65535), i16, u32, i32, fc.float(), (a, b, c, d, e, f) => {
        const writer = new BoundedWriter(new Uint8Array(23));
        writer.u8(a).u16(b).u16BE(b).i16(c).u32(d).u32BE(d).i32(e).f32(f);
        const reader = new BoundedReader(writer.written);
        expect([reader.u8(), reader.u16(), reader.u16BE(), reader.i16()]).toEqual([a, b, b, c]);
        expect([reader.u32(), reader.u32BE(), reader.i32(), reader.f32()]).toEqual([d, d, e, f]);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('stops a read at the end and names the offset', () => {
    const reader = new BoundedReader(new Uint8Array(6), 'thing', 3);
    expect(() => reader.u32()).toThrow('thing ends at byte 6; 4 bytes wanted at byte 3');
    expect(reader.offset).toBe(3);
    for (const action of [
      () => reader.bytes(4),
      () => reader.bytes(-1),
      () => reader.seek(7),
      () => reader.skip(1e10),
    ]) {
      expect(action).toThrow(FramelaneError);
    }
    expect(reader.bytes(3).length).toBe(3);
  });

  it('stops a write at the end and leaves the rest untouched', () => {
    const writer = new BoundedWriter(new Uint8Array(3), 'thing');
    writer.u16(0x1234);
    expect(() => writer.u16(1)).toThrow('thing has room for 3 bytes; 2 more wanted at byte 2');
    expect(() => writer.u8(256)).toThrow('0..255');
    expect([...writer.written]).toEqual([0x34, 0x12]);
  });

  it('respects the offset of a view into larger memory', () => {
    const memory = new Uint8Array([9, 9, 1, 0, 0, 0, 9]);
    expect(new BoundedReader(memory.subarray(2, 6)).u32()).toBe(1);
    new BoundedWriter(memory.subarray(2, 6)).u32(7);
    expect([...memory]).toEqual([9, 9, 7, 0, 0, 0, 9]);
  });
});
