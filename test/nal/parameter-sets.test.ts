import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AccessUnit,
  AccessUnitSplitter,
  type NalCodec,
  nalUnitsOf,
  ParameterSets,
  parseAvcPps,
  parseAvcSps,
  parseHevcSps,
  parseSps,
} from '../../src/nal/index.js';
import { temporaryFolder } from '../endpoints/files.js';
import { annexB, BitWriter } from './bit-writer.js';
import { encode, hasFfmpeg, inFolder } from './streams.js';

const needsFfmpeg = test.skipIf(!hasFfmpeg);
const folder = temporaryFolder();

function setsOf(codec: NalCodec, data: Uint8Array): ParameterSets {
  const sets = new ParameterSets(codec);
  const splitter = new AccessUnitSplitter({ codec });
  for (const unit of [...splitter.push(data), ...splitter.end()]) sets.update(unit);
  return sets;
}

/** What ffprobe says about a stream, in our words. */
function probed(file: string): Record<string, unknown> {
  const entries = 'stream=width,height,level,pix_fmt,r_frame_rate,field_order,has_b_frames';
  const show = ['-v', 'error', '-select_streams', 'v', '-show_entries', entries, '-of', 'json', file];
  const { streams } = JSON.parse(execFileSync('ffprobe', show, { encoding: 'utf8' }));
  const { width, height, level, pix_fmt: pixels, r_frame_rate: rate, has_b_frames: reorderedFrames } = streams[0];
  const chroma = { 420: 1, 422: 2, 444: 3 }[/^yuvj?(4..)/.exec(pixels)?.[1] as string];
  const bitDepth = Number(/1[02]/.exec(pixels.replace(/^yuvj?4../, ''))?.[0] ?? 8);
  const [ticks, base] = rate.split('/').map(Number);
  return { width, height, level, chromaFormat: chroma, bitDepth, fps: ticks / base, reorderedFrames };
}

/** As options before the output: the later `-pix_fmt` counts. */
const clips: Record<string, readonly [size: string, ...more: string[]]> = {
  'odd.264': ['98x54', '-c:v', 'libx264', '-profile:v', 'baseline'],
  'hd.264': ['1920x1080', '-c:v', 'libx264', '-preset', 'ultrafast'],
  'bframes.264': ['320x240', '-c:v', 'libx264', '-r', '30000/1001', '-x264-params', 'bframes=3:b-pyramid=normal'],
  'interlaced.264': ['320x240', '-c:v', 'libx264', '-flags', '+ildct+ilme'],
  'hrd.264': ['320x240', '-c:v', 'libx264', '-x264-params', 'nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900'],
  'scaling.264': ['320x240', '-c:v', 'libx264', '-x264-params', 'cqm=jvt'],
  'ten.264': ['322x242', '-c:v', 'libx264', '-pix_fmt', 'yuv422p10le'],
  'full.264': ['321x241', '-c:v', 'libx264', '-pix_fmt', 'yuv444p', '-aspect', '17:11', '-color_primaries', 'bt709'],
  'gray.264': ['320x240', '-c:v', 'libx264', '-pix_fmt', 'gray'],
  'odd.265': ['98x54', '-c:v', 'libx265', '-x265-params', 'log-level=none'],
  'ten.265': ['322x242', '-c:v', 'libx265', '-pix_fmt', 'yuv422p10le', '-x265-params', 'log-level=none:bframes=4'],
  'hrd.265': [
    '320x240',
    '-c:v',
    'libx265',
    '-r',
    '60',
    '-x265-params',
    'log-level=none:hrd=1:vbv-bufsize=900:vbv-maxrate=900:scaling-list=default:temporal-layers=1:colorprim=bt709',
  ],
  'full.265': ['321x241', '-c:v', 'libx265', '-pix_fmt', 'yuv444p', '-x265-params', 'log-level=none:sar=3'],
};

for (const [name, [size, ...more]] of Object.entries(clips)) {
  needsFfmpeg(`the SPS says what ffprobe says: ${name}`, () => {
    const file = inFolder(folder, name);
    const codec = name.endsWith('264') ? 'avc' : 'hevc';
    const sets = setsOf(codec, encode(file, size, 6, ...more));
    expect(sets.complete).toBe(true);
    // ffmpeg shows gray H.264 as 4:2:0.
    const expected = name === 'gray.264' ? { ...probed(file), chromaFormat: 0 } : probed(file);
    expect(sets.format).toMatchObject({ codec, ...expected });
  });
}

const highSps = () => new BitWriter().bits(100, 8).bits(0, 8).bits(40, 8).ue(0);

describe('H.264', () => {
  test('profile-level-id, crop and fields', () => {
    const bits = new BitWriter().bits(77, 8).bits(0x40, 8).bits(31, 8).ue(3);
    bits.ue(0, 2, 1).flags(0); // frame_num of 4 bits, order type 2
    bits.ue(19, 14).flags(0, 1, 1, 1).ue(1, 2, 0, 3).flags(0);
    const sps = parseAvcSps(bits.nal(0x67));
    expect(sps).toMatchObject({ id: 3, profileLevelId: 0x4d401f, frameNumBits: 4, orderType: 2, framesOnly: false });
    expect(sps.format).toMatchObject({ width: 320 - 6, height: 480 - 12, profile: 77, level: 31 });
    expect(sps.format).toMatchObject({ fps: undefined, reorderedFrames: undefined });
  });

  test('slice groups of a PPS in all their types', () => {
    const pps = (groups: (bits: BitWriter) => BitWriter) =>
      parseAvcPps(
        groups(new BitWriter().ue(7, 3).flags(0, 1).ue(2))
          .ue(0, 0)
          .bits(0, 3)
          .se(-4)
          .se(0)
          .se(2)
          .flags(0, 0, 1)
          .nal(0x68),
      );
    const known = { id: 7, spsId: 3, bottomFieldOrder: true, redundantCount: true };
    expect(pps((bits) => bits.ue(0, 1, 2, 3))).toEqual(known);
    expect(pps((bits) => bits.ue(1))).toEqual(known);
    expect(pps((bits) => bits.ue(2, 1, 2, 3, 4))).toEqual(known);
    expect(pps((bits) => bits.ue(4).flags(1).ue(9))).toEqual(known);
    expect(pps((bits) => bits.ue(6, 2).bits(0b010110, 6))).toEqual(known);
  });

  test('a crop to nothing, and numbers beyond the standard, are NAL_INVALID', () => {
    const size = (...crop: number[]) =>
      highSps()
        .ue(1, 0, 0)
        .flags(0, 0)
        .ue(0, 2, 1)
        .flags(0)
        .ue(0, 0)
        .flags(1, 1, 1)
        .ue(...crop)
        .flags(0);
    expect(parseAvcSps(size(0, 1, 0, 0).nal(0x67)).format.width).toBe(14);
    expect(() => parseAvcSps(size(4, 4, 0, 0).nal(0x67))).toThrow(/16x16 to nothing/);
    expect(() => parseAvcSps(new BitWriter().bits(0, 24).ue(32).nal(0x67))).toThrow(/seq_parameter_set_id 32/);
    expect(() => parseAvcSps(Uint8Array.of(0x67, 66, 0, 10, 0, 0, 0, 0, 0, 0))).toThrow(/32 leading zeros|the end/);
  });
});

/** H.266 7.3.2.4 as far as the bit depth. */
function vvcSps(write: (bits: BitWriter) => void, subLayers = 0): Uint8Array {
  const bits = new BitWriter().bits(2, 4).bits(1, 4).bits(subLayers, 3).bits(1, 2).bits(2, 2);
  write(bits);
  return bits.nal(0, (15 << 3) | 1);
}

describe('H.266', () => {
  const profile = (bits: BitWriter) => bits.flags(1).bits(1, 7).flags(0).bits(51, 8).flags(1, 0);
  const size = (bits: BitWriter) => bits.flags(0, 0).ue(1920, 1088).flags(1).ue(0, 0, 0, 4);

  test('size, profile, level and depth', () => {
    const sps = vvcSps((bits) => size(profile(bits).flags(0).align().bits(0, 8)).flags(0).ue(2));
    const format = { codec: 'vvc', width: 1920, height: 1080, profile: 1, level: 51, chromaFormat: 1, bitDepth: 10 };
    expect(parseSps('vvc', sps)).toMatchObject(format);
  });

  test('behind constraints, sub-layers, sub-profiles and subpictures', () => {
    const sps = vvcSps((bits) => {
      profile(bits).flags(1).bits(0, 32).bits(0, 39).bits(5, 8).bits(31, 5).align();
      bits.flags(1, 0).align().bits(35, 8).bits(1, 8).bits(0xffff_ffff, 32);
      size(bits).flags(1).ue(1).flags(0, 0); // Two subpictures of 15 x 9 coding tree units.
      bits.bits(6, 4).bits(8, 4).flags(1, 1).bits(7, 4).bits(0, 4).flags(1, 1);
      bits.ue(3).flags(1, 1).bits(0x12, 8).ue(2);
    }, 2);
    expect(parseSps('vvc', sps)).toMatchObject({ width: 1920, height: 1080, level: 51, bitDepth: 10 });
  });

  test('without a profile of its own', () => {
    const sps = vvcSps((bits) => size(bits.flags(0)).flags(0).ue(0));
    expect(parseSps('vvc', sps)).toMatchObject({ width: 1920, profile: 0, level: 0, bitDepth: 8 });
  });
});

test('random and cut parameter sets are NAL_INVALID or read', () => {
  const parsers = [parseAvcSps, parseAvcPps, parseHevcSps, (nal: Uint8Array) => parseSps('vvc', nal)];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(...parsers), (nal, parse) => {
      try {
        parse(nal);
      } catch (error) {
        expect(error).toMatchObject({ code: 'NAL_INVALID' });
      }
    }),
    { numRuns: 5000 },
  );
});

describe('the parameter sets of a stream', () => {
  const unitOf = (...nals: Uint8Array[]) => {
    const data = annexB(...nals);
    return new AccessUnit({ codec: 'avc', data, nalUnits: nalUnitsOf(data) });
  };
  const spsOf = (width: number) =>
    highSps()
      .ue(1, 0, 0)
      .flags(0, 0)
      .ue(0, 2, 1)
      .flags(0)
      .ue(width / 16 - 1, 0)
      .flags(1, 1, 0, 0)
      .nal(0x67);
  const ppsOf = (id: number, ...body: number[]) => Uint8Array.from([...new BitWriter().ue(id, 0).nal(0x68), ...body]);

  test('are kept by their number, the newest of each', () => {
    const sets = new ParameterSets('avc');
    expect(sets.complete).toBe(false);
    expect(sets.format).toBeUndefined();
    expect(sets.update(unitOf(spsOf(32), ppsOf(1), ppsOf(0)))).toBe(true);
    expect(sets.update(unitOf(ppsOf(0), spsOf(32)))).toBe(false);
    expect(sets.format?.width).toBe(32);
    expect(sets.update(unitOf(spsOf(48)))).toBe(true);
    expect(sets.format?.width).toBe(48);
    expect(sets.complete).toBe(true);
    expect([sets.vps, sets.sps, sets.pps]).toEqual([[], [spsOf(48)], [ppsOf(0), ppsOf(1)]]);
  });

  test('damaged and enormous ones are not', () => {
    const sets = new ParameterSets('avc');
    expect(sets.update(unitOf(Uint8Array.of(0x68, 0, 0, 0x40), ppsOf(300), ppsOf(1, ...Array(5000).fill(9))))).toBe(
      false,
    );
    expect(sets.pps).toEqual([]);
  });
});
