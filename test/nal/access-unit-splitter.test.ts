import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AccessUnit, AccessUnitSplitter, type NalCodec } from '../../src/nal/index.js';
import { annexB, BitWriter } from './bit-writer.js';

/** The stream's units, pushed in chunks of the given sizes, over and over. */
function split(
  codec: NalCodec,
  data: Uint8Array,
  sizes: readonly number[] = [data.length],
  options = {},
): AccessUnit[] {
  const splitter = new AccessUnitSplitter({ codec, ...options });
  const units: AccessUnit[] = [];
  for (let at = 0, turn = 0; at < data.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    units.push(...splitter.push(data.slice(at, at + size)));
    at += size;
  }
  return [...units, ...splitter.end()];
}

const bytesOf = (units: readonly AccessUnit[]) => units.map((unit) => Buffer.from(unit.data).toString('hex'));

/** NAL units of each unit by their types. */
function typesOf(codec: NalCodec, units: readonly AccessUnit[]): number[][] {
  const type = (nal: Uint8Array) =>
    codec === 'avc' ? (nal[0] as number) & 31 : codec === 'hevc' ? (nal[0] as number) >> 1 : (nal[1] as number) >> 3;
  return units.map((unit) => Array.from({ length: unit.nalUnitCount }, (_, index) => type(unit.nalUnit(index))));
}

/** Stand-ins for NAL units of H.265 and H.266: header, and whether the first slice of a picture. */
const hevc = (type: number, first = true, layer = 0, ...body: number[]) =>
  Uint8Array.of((type << 1) | (layer >> 5), ((layer & 31) << 3) | 1, first ? 0x80 : 0x40, 7, ...body);
const vvc = (type: number, first = true, layer = 0) => Uint8Array.of(layer, (type << 3) | 1, first ? 0x80 : 0x40, 7);

describe('H.265 7.4.2.4.4', () => {
  test('first_slice_segment_in_pic_flag begins a unit, further slices do not', () => {
    const data = annexB(hevc(19), hevc(19, false), hevc(1), hevc(1, false), hevc(1, false), hevc(1));
    expect(typesOf('hevc', split('hevc', data))).toEqual([[19, 19], [1, 1, 1], [1]]);
  });

  test('AUD, parameter sets, prefix SEI, 41..44 and 48..55 belong to the picture that follows', () => {
    for (const type of [32, 33, 34, 35, 39, 41, 44, 48, 55]) {
      const data = annexB(hevc(19), hevc(type), hevc(1));
      expect(typesOf('hevc', split('hevc', data))).toEqual([[19], [type, 1]]);
    }
  });

  test('suffix SEI, end of sequence, filler, 45..47 and 56..63 belong to the picture before', () => {
    for (const type of [36, 37, 38, 40, 45, 47, 56, 63]) {
      const data = annexB(hevc(19), hevc(type), hevc(1));
      expect(typesOf('hevc', split('hevc', data))).toEqual([[19, type], [1]]);
    }
  });

  test('what belongs to higher layers begins nothing', () => {
    const data = annexB(hevc(19), hevc(33, true, 1), hevc(19, true, 1), hevc(1), hevc(1, true, 32));
    expect(typesOf('hevc', split('hevc', data))).toEqual([
      [19, 33, 19],
      [1, 1],
    ]);
  });

  test('every IRAP picture is a key frame', () => {
    const data = annexB(...[16, 1, 17, 0, 18, 2, 19, 6, 20, 8, 21, 9].map((type) => hevc(type)));
    expect(split('hevc', data).map((unit) => unit.keyFrame)).toEqual(Array(6).fill([true, false]).flat());
  });
});

describe('H.266 7.4.2.4.3', () => {
  test('a slice with its picture header inside begins a unit', () => {
    const data = annexB(vvc(7), vvc(0), vvc(0));
    expect(typesOf('vvc', split('vvc', data))).toEqual([[7], [0], [0]]);
  });

  test('slices behind a picture header of their own belong together', () => {
    const data = annexB(vvc(20), vvc(19), vvc(7, false), vvc(7, false), vvc(24), vvc(19), vvc(0, false), vvc(0, false));
    expect(typesOf('vvc', split('vvc', data))).toEqual([
      [20, 19, 7, 7, 24],
      [19, 0, 0],
    ]);
  });

  test('OPI, DCI, parameter sets, prefix APS and SEI belong to the picture that follows', () => {
    for (const type of [12, 13, 14, 15, 16, 17, 20, 23, 26, 28, 29]) {
      expect(typesOf('vvc', split('vvc', annexB(vvc(7), vvc(type), vvc(0))))).toEqual([[7], [type, 0]]);
    }
  });

  test('suffix APS and SEI, end of sequence and filler belong to the picture before', () => {
    for (const type of [18, 21, 22, 24, 25, 27, 30, 31]) {
      expect(typesOf('vvc', split('vvc', annexB(vvc(7), vvc(type), vvc(0))))).toEqual([[7, type], [0]]);
    }
  });

  test('a picture of a higher layer is in the unit of the lower one', () => {
    const data = annexB(vvc(7), vvc(16, true, 1), vvc(7, true, 1), vvc(0), vvc(0, true, 1), vvc(19), vvc(0, false));
    expect(typesOf('vvc', split('vvc', data))).toEqual([
      [7, 16, 7],
      [0, 0],
      [19, 0],
    ]);
  });

  test('IRAP and GDR pictures are key frames', () => {
    const data = annexB(...[7, 0, 8, 1, 9, 2, 10, 3].map((type) => vvc(type)));
    expect(split('vvc', data).map((unit) => unit.keyFrame)).toEqual(Array(4).fill([true, false]).flat());
  });
});

describe('H.264 7.4.1.2.4: the first slice of a picture differs from the one before in', () => {
  interface Slice {
    first?: number;
    pps?: number;
    frameNum?: number;
    field?: number;
    bottom?: number;
    refIdc?: number;
    idr?: boolean;
    idrPicId?: number;
    order?: number;
    delta?: number;
    redundant?: number;
    plane?: number;
  }

  /** Fields, 4:4:4 in planes of their own where asked, and an order of the given type. */
  function spsOf(orderType: number, planes: boolean): Uint8Array {
    const bits = new BitWriter().bits(244, 8).bits(0, 8).bits(30, 8).ue(0);
    bits
      .ue(3)
      .flags(planes ? 1 : 0)
      .ue(0, 0)
      .flags(0, 0)
      .ue(0)
      .ue(orderType);
    if (orderType === 0) bits.ue(2);
    if (orderType === 1) bits.flags(0).se(0).se(0).ue(0);
    return bits.ue(1).flags(0).ue(3, 1).flags(0, 0, 1, 0, 0).nal(0x67);
  }

  const ppsOf = (id: number) =>
    new BitWriter().ue(id, 0).flags(0, 1).ue(0, 0, 0).bits(0, 3).se(0).se(0).se(0).flags(0, 0, 1).nal(0x68);

  function sliceOf(slice: Slice, orderType: number, planes: boolean): Uint8Array {
    const { first = 0, pps = 0, frameNum = 3, field = 0, bottom = 0, refIdc = 2, idr = false } = slice;
    const bits = new BitWriter().ue(first, 7, pps);
    if (planes) bits.bits(slice.plane ?? 0, 2);
    bits.bits(frameNum, 4).flags(field);
    if (field === 1) bits.flags(bottom);
    if (idr) bits.ue(slice.idrPicId ?? 0);
    if (orderType === 0) bits.bits(slice.order ?? 5, 6);
    if (orderType === 1) bits.se(slice.order ?? 5);
    if (orderType !== 2 && field === 0) bits.se(slice.delta ?? 0);
    return bits
      .ue(slice.redundant ?? 0)
      .bits(0x1234, 16)
      .nal((refIdc << 5) | (idr ? 5 : 1));
  }

  /** How many units two slices make behind a picture that is there already. */
  function unitsOf(one: Slice, other: Slice, orderType = 0, planes = false): number {
    const slices = [one, other].map((slice) => sliceOf({ first: 9, ...slice }, orderType, planes));
    return split('avc', annexB(spsOf(orderType, planes), ppsOf(0), ppsOf(1), ...slices)).length;
  }

  test('nothing: one picture', () => {
    for (const orderType of [0, 1, 2]) expect(unitsOf({ first: 0 }, {}, orderType)).toBe(1);
    expect(unitsOf({ first: 9 }, { first: 0 })).toBe(1); // Arbitrary slice order.
  });

  test.each<[string, Slice, Slice, number?]>([
    ['frame_num', {}, { frameNum: 4 }],
    ['pic_parameter_set_id', {}, { pps: 1 }],
    ['field_pic_flag', {}, { field: 1 }],
    ['bottom_field_flag', { field: 1 }, { field: 1, bottom: 1 }],
    ['nal_ref_idc, one of them 0', {}, { refIdc: 0 }],
    ['pic_order_cnt_lsb', {}, { order: 6 }],
    ['delta_pic_order_cnt_bottom', {}, { delta: -1 }],
    ['delta_pic_order_cnt[0]', {}, { order: 6 }, 1],
    ['delta_pic_order_cnt[1]', {}, { delta: 1 }, 1],
    ['IdrPicFlag', { idr: true }, {}],
    ['idr_pic_id', { idr: true }, { idr: true, idrPicId: 1 }],
    ['nothing, but the first macroblock comes again', { first: 0 }, { first: 0 }],
  ])('%s', (_, one, other, orderType = 0) => {
    expect(unitsOf(one, other, orderType)).toBe(2);
  });

  test('nal_ref_idc, none of them 0: one picture', () => {
    expect(unitsOf({ refIdc: 1 }, { refIdc: 3 })).toBe(1);
  });

  test('a redundant picture belongs to its primary one', () => {
    expect(unitsOf({ first: 0 }, { first: 0, redundant: 1, frameNum: 9 })).toBe(1);
  });

  test('colour planes coded apart are one picture', () => {
    expect(unitsOf({ first: 0 }, { first: 0, plane: 1 }, 0, true)).toBe(1);
    expect(unitsOf({ first: 0, plane: 1 }, { first: 0, plane: 1 }, 0, true)).toBe(2);
  });

  test('without parameter sets the first macroblock decides', () => {
    const slices = [0, 9, 0, 9, 9, 0].map((first) => sliceOf({ first }, 0, false));
    expect(typesOf('avc', split('avc', annexB(...slices)))).toEqual([[1, 1], [1, 1, 1], [1]]);
  });

  test('what may stand between pictures belongs to the next or to the one before', () => {
    const [one, two] = [sliceOf({}, 0, false), sliceOf({}, 0, false)];
    const nal = (type: number) => Uint8Array.of(type, 1, 2);
    for (const type of [6, 7, 8, 9, 14, 15, 16, 17, 18]) {
      expect(typesOf('avc', split('avc', annexB(one, nal(type), two)))).toEqual([[1], [type, 1]]);
    }
    for (const type of [0, 10, 11, 12, 13, 19, 20, 21, 22, 23, 24, 31]) {
      const data = annexB(one, nal(type), Uint8Array.of(9, 0x10), two);
      expect(typesOf('avc', split('avc', data))).toEqual([
        [1, type],
        [9, 1],
      ]);
    }
  });

  test('partitions B and C follow their A', () => {
    const partition = (type: number) => Uint8Array.from([0x40 | type, ...sliceOf({}, 0, false).subarray(1)]);
    const picture = [2, 3, 4].map(partition);
    const stream = annexB(spsOf(0, false), ppsOf(0), ...picture, ...picture);
    expect(typesOf('avc', split('avc', stream))).toEqual([
      [7, 8, 2, 3, 4],
      [2, 3, 4],
    ]);
  });

  test('IDR pictures and recovery points are key frames', () => {
    const message = (...types: number[]) =>
      Uint8Array.from([6, ...types.flatMap((type) => [type, 2, 0x50, 0x60]), 0x80]);
    const one = (...nals: Uint8Array[]) => split('avc', annexB(...nals))[0]?.keyFrame;
    expect(one(sliceOf({ idr: true }, 0, false))).toBe(true);
    expect(one(sliceOf({}, 0, false))).toBe(false);
    expect(one(message(1, 6), sliceOf({}, 0, false))).toBe(true);
    expect(one(message(1, 5), sliceOf({}, 0, false))).toBe(false);
  });
});

/** A stream of H.265 with odd NAL units: tiny, empty, large, damaged, with zeros behind them, 3- and 4-byte codes. */
const anyStream = fc
  .array(
    fc.record({
      type: fc.constantFrom(1, 1, 1, 19, 32, 33, 34, 35, 36, 38, 39, 40, 63),
      first: fc.boolean(),
      zeros: fc.nat(4),
      body: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(3000).fill(0xab))),
      cut: fc.option(fc.nat(3), { freq: 6 }),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((nals) =>
    nals.flatMap(({ type, first, zeros, body, cut }) => {
      const content = body.map((byte) => byte | 4); // No start codes inside.
      return [...Array(zeros).fill(0), 0, 0, 1, ...hevc(type, first, 0, ...content).subarray(0, cut ?? undefined)];
    }),
  )
  .map((bytes) => Uint8Array.from([...bytes, 0, 0, 1, ...hevc(1)]));

test('any chunking gives the same units, and their bytes are the stream', () => {
  fc.assert(
    fc.property(anyStream, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (data, sizes) => {
      const whole = split('hevc', data);
      const pieces = split('hevc', data, sizes);
      expect(bytesOf(pieces)).toEqual(bytesOf(whole));
      expect(pieces.map(({ keyFrame, nalUnits }) => [keyFrame, [...nalUnits]])).toEqual(
        whole.map(({ keyFrame, nalUnits }) => [keyFrame, [...nalUnits]]),
      );
      expect(bytesOf(whole).join('')).toBe(Buffer.from(data).toString('hex'));
      expect(bytesOf(split('hevc', data, [1]))).toEqual(bytesOf(whole));
    }),
    { numRuns: 300 },
  );
});

test('more NAL units than are looked for in one go', () => {
  const nals = Array.from({ length: 3000 }, (_, index) => hevc(1, index % 1500 === 0, 0, (index & 0xff) | 4));
  const units = split('hevc', annexB(...nals));
  expect(units.map((unit) => unit.nalUnitCount)).toEqual([1500, 1500]);
  expect(Buffer.concat(units.map((unit) => unit.data)).equals(annexB(...nals))).toBe(true);
});

test('units stay as they are while others come', () => {
  const splitter = new AccessUnitSplitter({ codec: 'hevc' });
  const units: AccessUnit[] = [];
  for (let count = 0; count < 200; count++) {
    units.push(...splitter.push(annexB(hevc(1, true, 0, ...Array(2000).fill(count | 4)))));
  }
  for (const [count, unit] of units.entries()) {
    expect(unit.sequence).toBe(count + 1);
    expect(
      unit
        .nalUnit(0)
        .subarray(4)
        .every((byte) => byte === (count | 4)),
    ).toBe(true);
  }
});

test('huge NAL units in small chunks, and tiny ones in huge chunks', () => {
  const huge = new Uint8Array(300_000).fill(0x55);
  huge.set(hevc(1));
  const tiny = Array.from({ length: 20_000 }, () => hevc(40));
  const data = Buffer.concat([hevc(19), huge, huge, ...tiny, hevc(1)].map((nal) => annexB(nal)));
  for (const size of [1500, 1 << 20, data.length]) {
    const units = split('hevc', data, [size]);
    expect(units.map((unit) => unit.nalUnitCount)).toEqual([1, 1, 20_001, 1]);
    expect(Buffer.concat(units.map((unit) => unit.data)).equals(data)).toBe(true);
  }
});

test('a unit is there as soon as the next one begins', () => {
  const splitter = new AccessUnitSplitter({ codec: 'hevc' });
  expect(splitter.push(annexB(hevc(19)))).toEqual([]);
  expect(splitter.push(Uint8Array.of(0, 0, 0, 1, 2, 1))).toEqual([]);
  expect(splitter.push(Uint8Array.of(0x80))).toHaveLength(1);
});

test('a stream joined in its middle begins at its first start code', () => {
  const [unit] = split('hevc', Uint8Array.from([9, 9, 9, 0, ...annexB(hevc(19))])) as [AccessUnit];
  expect([...unit.data]).toEqual([...annexB(hevc(19))]);
  expect([...unit.nalUnits]).toEqual([4, 4]);
});

describe('NAL_INVALID', () => {
  const invalid = (message: RegExp) =>
    expect.objectContaining({ code: 'NAL_INVALID', message: expect.stringMatching(message) });

  test('no start code in 64 KiB, or at the end', () => {
    const splitter = new AccessUnitSplitter({ codec: 'avc' });
    splitter.push(new Uint8Array(64 << 10).fill(0xff));
    expect(() => splitter.push(Uint8Array.of(0xff))).toThrow(invalid(/no start code in 65537 bytes/));
    expect(() => splitter.push(Uint8Array.of(0))).toThrow(invalid(/failed already/));
    expect(() => split('avc', new Uint8Array(100))).toThrow(invalid(/no start code in all/));
    expect(() => split('avc', new Uint8Array(0))).toThrow(invalid(/no start code in all/));
  });

  test('no picture: another codec', () => {
    expect(() => split('vvc', annexB(Uint8Array.of(9, 0x10)))).toThrow(invalid(/no picture of vvc/));
  });

  test('a unit larger than the limit, whether it ends or not', () => {
    const endless = new AccessUnitSplitter({ codec: 'hevc', maxUnitBytes: 100_000 });
    endless.push(annexB(hevc(19)));
    const chunk = new Uint8Array(999).fill(7);
    const flood = () => {
      for (let count = 0; count < 200; count++) endless.push(chunk);
    };
    expect(flood).toThrow(invalid(/access unit 1 has more than 100000 bytes/));
    const large = annexB(hevc(19), hevc(1, true, 0, ...chunk), hevc(1));
    expect(() => split('hevc', large, [large.length], { maxUnitBytes: 1000 })).toThrow(invalid(/unit 2 .* 1000 bytes/));
    expect(split('hevc', large, [large.length], { maxUnitBytes: 1010 })).toHaveLength(3);
  });

  test('random bytes give units or NAL_INVALID', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<NalCodec>('avc', 'hevc', 'vvc'),
        fc.array(fc.oneof(fc.constantFrom(0, 0, 0, 1), fc.nat(255)), { maxLength: 400 }),
        fc.integer({ min: 1, max: 60 }),
        (codec, bytes, size) => {
          try {
            split(codec, Uint8Array.from(bytes), [size]);
          } catch (error) {
            expect(error).toMatchObject({ code: 'NAL_INVALID' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
