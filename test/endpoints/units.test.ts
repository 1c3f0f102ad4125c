import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DecodedSource } from '../../src/endpoints/decoded-source.js';
import { EncodedSource } from '../../src/endpoints/encoded-source.js';
import { runPipe } from '../../src/endpoints/pipe.js';
import { RecycledMemory } from '../../src/endpoints/recycled-memory.js';
import { openSink, openSource, openUnitSink, openUnitSource } from '../../src/endpoints/registry.js';
import type { Frame } from '../../src/frame/index.js';
import { AccessUnit, parseNalHeader } from '../../src/nal/index.js';
import { encode, hasFfmpeg, packets } from '../nal/streams.js';
import { temporaryFolder } from './files.js';
import { meanOf, ramp, sourceOf, unitSinkOf, unitSourceOf } from './made-source.js';

const needsFfmpeg = test.skipIf(!hasFfmpeg);
const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);
const rgb = (width: number, height: number) => ({ format: 'rgb24', width, height }) as const;

function ffmpeg(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args], { maxBuffer: 1 << 28 });
}

/** A clip with B frames, made once a name. */
function clip(name: string, ...args: string[]): string {
  const file = inFolder(name);
  encode(file, '96x64', 12, ...args);
  return file;
}

const x264 = ['-c:v', 'libx264', '-x264-params', 'bframes=2:keyint=6'];
const x265 = ['-c:v', 'libx265', '-x265-params', 'bframes=2:keyint=6:log-level=none'];

async function unitsOf(address: string): Promise<AccessUnit[]> {
  const units: AccessUnit[] = [];
  await using source = await openUnitSource(address);
  for await (const unit of source) units.push(unit);
  return units;
}

/** Copies of a unit with other facts. */
const withFacts = (unit: AccessUnit, facts: object) =>
  new AccessUnit({ codec: unit.codec, data: unit.data, nalUnits: unit.nalUnits, keyFrame: unit.keyFrame, ...facts });

/** Processes of ours that are ffmpeg and still there, zombies included. */
function leftover(): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes('ffmpeg'));
}

/** Where no program is found. */
async function withoutPrograms(run: () => Promise<void>): Promise<void> {
  const { PATH } = process.env;
  process.env.PATH = folder;
  try {
    await run();
  } finally {
    process.env.PATH = PATH;
  }
}

describe('encoded video as it is', () => {
  needsFfmpeg('from one stream file to another, bit for bit, without ffmpeg', async () => {
    for (const [from, to, encoder] of [['in.264', 'out.h264', x264] as const, ['in.hevc', 'out.265', x265] as const]) {
      const file = clip(from, ...encoder);
      await withoutPrograms(async () => {
        const stats = await runPipe({ source: file, sinks: [`file:${inFolder(to)}`] });
        expect(stats).toMatchObject({ frames: 12, bytes: readFileSync(file).length, dropped: 0 });
      });
      expect(readFileSync(inFolder(to)).equals(readFileSync(file))).toBe(true);
    }
  });

  needsFfmpeg('out of mp4, mkv and ts, with the times at which it is shown', async () => {
    for (const [name, encoder, filter, ending] of [
      ['in.mp4', x264, 'h264_mp4toannexb', '264'],
      ['in.mkv', x265, 'hevc_mp4toannexb', '265'],
      ['in.ts', x264, 'h264_mp4toannexb', '264'],
    ] as const) {
      const file = clip(name, ...encoder);
      const out = inFolder(`copied.${ending}`);
      expect(await runPipe({ source: file, sinks: [out] })).toMatchObject({ frames: 12 });
      const format = ending === '264' ? 'h264' : 'hevc';
      const expected = ffmpeg('-i', file, '-c', 'copy', '-bsf:v', filter, '-f', format, '-');
      expect(readFileSync(out).equals(expected)).toBe(true);
      const times = (await unitsOf(file)).map((unit) => (unit.timestamp ?? 0) / 3600);
      const first = Math.min(...times);
      expect(times.map((time) => Math.round(time - first)).sort((one, other) => one - other)).toEqual([
        ...Array(12).keys(),
      ]);
      expect(times).not.toEqual([...times].sort((one, other) => one - other)); // B frames.
    }
  });

  needsFfmpeg('a loop numbers its units on, and its times', async () => {
    for (const name of ['loop.264', 'loop.mp4']) {
      const units: AccessUnit[] = [];
      const sink = unitSinkOf(['avc'], (unit) => units.push(unit));
      await runPipe({ source: `${clip(name, ...x264)}?loop`, sinks: [sink], frames: 30 });
      expect(units.map(({ sequence }) => sequence)).toEqual([...Array(30).keys()].map((index) => index + 1));
      expect(units.map(({ keyFrame }) => keyFrame).filter(Boolean)).toHaveLength(5);
      if (name === 'loop.mp4') expect(new Set(units.map(({ timestamp }) => timestamp)).size).toBe(30);
    }
    expect(leftover()).toEqual([]);
  });

  needsFfmpeg('info says size and rate', async () => {
    const expected = { width: 96, height: 64, fps: 25 };
    expect(await (await openUnitSource(clip('info.264', ...x264))).info()).toMatchObject({ codec: 'avc', ...expected });
    expect(await (await openUnitSource(clip('info.mkv', ...x265))).info()).toMatchObject({
      codec: 'hevc',
      ...expected,
    });
  });

  needsFfmpeg('a recording goes to a network at its own rate, or at another, or at once', async () => {
    const file = clip('paced.264', ...x264);
    const secondsTo = async (realTime: boolean, fps?: number) => {
      const sink = unitSinkOf(['avc'], () => {}, { realTime });
      return (await runPipe({ source: file, sinks: [sink], fps })).seconds;
    };
    expect(await secondsTo(true)).toBeGreaterThan(0.3); // 12 pictures at 25 a second.
    expect(await secondsTo(true, 100)).toBeGreaterThan(0.04);
    expect(await secondsTo(true, 100)).toBeLessThan(0.4);
    expect(await secondsTo(true, 0)).toBeLessThan(0.3);
    expect(await secondsTo(false)).toBeLessThan(0.3);
  });
});

describe('frames are encoded', () => {
  needsFfmpeg('for a stream file: as many pictures as frames, that ffmpeg decodes to what they were', async () => {
    for (const name of ['made.264', 'made.265']) {
      const out = inFolder(name);
      await runPipe({ source: 'test:?size=160x120&frames=20&fps=max&pattern=bars', sinks: [`${out}?crf=10&gop=5`] });
      expect(packets(out).map(({ key }) => key)).toEqual(Array(4).fill([true, false, false, false, false]).flat());
      const [seen, made] = [ffmpeg('-i', out, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'), inFolder('bars.raw')];
      await runPipe({ source: 'test:?size=160x120&frames=20&fps=max&pattern=bars', sinks: [`raw:${made}`] });
      const meant = readFileSync(made);
      expect(seen.length).toBe(meant.length);
      expect(
        seen.reduce((sum, byte, at) => sum + Math.abs(byte - (meant[at] as number)), 0) / seen.length,
      ).toBeLessThan(4);
    }
  });

  needsFfmpeg('at a bit rate', async () => {
    const size = async (rate: string) => {
      const out = inFolder('rate.264');
      await runPipe({
        source: 'test:?size=320x240&frames=60&fps=max&pattern=noise',
        sinks: [`${out}?bitrate=${rate}`],
      });
      return readFileSync(out).length;
    };
    expect((await size('4M')) / (await size('400k'))).toBeGreaterThan(3);
  });

  needsFfmpeg.each(['avc', 'hevc', 'jpeg'] as const)(
    'each %s unit is there before the next frame, with its time and number',
    async (codec) => {
      let delivered = 0;
      let arrived = () => {};
      const source = sourceOf({ fps: 30 }, async function* () {
        for (let sequence = 5; sequence < 15; sequence++) {
          const before = delivered;
          const next = new Promise<void>((resolve) => (arrived = resolve));
          yield ramp(rgb(128, 96), sequence, { sequence, captureTime: BigInt(sequence) ** 9n });
          if (delivered === before) await next; // For ever, if the encoder waits for another frame.
        }
      });
      const seen: AccessUnit[] = [];
      for await (const unit of new EncodedSource(source, { codec }).units()) {
        seen.push(unit);
        delivered++;
        arrived();
      }
      expect(seen.map(({ sequence }) => sequence)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
      expect(seen.map(({ captureTime }) => captureTime)).toEqual(seen.map(({ sequence }) => BigInt(sequence) ** 9n));
      expect(seen[0]?.keyFrame).toBe(true);
      if (codec === 'jpeg') expect([...(seen[0]?.data.subarray(0, 2) ?? [])]).toEqual([0xff, 0xd8]);
      else expect(kindsOf(seen[0] as AccessUnit)).toContain('parameter-set');
    },
  );

  function kindsOf(unit: AccessUnit): string[] {
    const codec = unit.codec as 'avc' | 'hevc';
    return Array.from(
      { length: unit.nalUnitCount },
      (_, index) => parseNalHeader(codec, unit.nalUnit(index)).about.kind,
    );
  }

  needsFfmpeg('also of odd sizes, padded rows, Bayer, and 12 bits that must not be black', async () => {
    const decoded = async (frame: Frame) => {
      const units = new EncodedSource(
        sourceOf({}, () => [frame]),
        { codec: 'avc', crf: 5 },
      );
      for await (const seen of new DecodedSource(units, 'gray8').frames()) return seen;
      throw new Error('nothing came');
    };
    const odd = await decoded(ramp(rgb(97, 51), 100));
    expect([odd.width, odd.height]).toEqual([98, 52]);
    const padded = ramp({ ...rgb(96, 48), strides: [96 * 3 + 60] }, 128);
    padded.data.forEach((_, at) => {
      padded.data[at] = at % padded.stride < 288 ? 200 : 0;
    });
    expect(meanOf(await decoded(padded))).toBeCloseTo(200, -1);
    expect(meanOf(await decoded(ramp({ format: 'bayer_rggb8', width: 64, height: 64 }, 150)))).toBeCloseTo(150, -1);
    const deep = ramp({ format: 'gray16le', width: 64, height: 64 }, 0, { metadata: { effectiveBits: 12 } });
    new Uint16Array(deep.data.buffer, deep.data.byteOffset, 64 * 64).fill(3000);
    expect(meanOf(await decoded(deep))).toBeCloseTo((3000 / 4095) * 255, -1);
  });

  needsFfmpeg('a stream that changes its size goes on', async () => {
    const sizes = [rgb(64, 48), rgb(64, 48), rgb(96, 64), rgb(96, 64), rgb(64, 48)];
    const frames = () => sizes.map((size, index) => ramp(size, 40 * index, { sequence: index + 1 }));
    const units = new EncodedSource(sourceOf({}, frames), { codec: 'hevc' });
    const seen: string[] = [];
    for await (const frame of new DecodedSource(units).frames()) {
      seen.push(`${frame.sequence} ${frame.width}x${frame.height} ${Math.round(meanOf(frame) / 40)}`);
      frame.release();
    }
    expect(seen).toEqual(['1 64x48 0', '2 64x48 1', '3 96x64 2', '4 96x64 3', '5 64x48 4']);
    expect(leftover()).toEqual([]);
  });

  needsFfmpeg('a source that fails is what is told, not the encoder that it leaves behind', async () => {
    const failing = sourceOf({}, function* () {
      yield ramp(rgb(64, 48), 1);
      throw new Error('the camera burned down');
    });
    const out = inFolder('failed.264');
    await expect(runPipe({ source: failing, sinks: [out] })).rejects.toThrow(/burned down/);
    expect(leftover()).toEqual([]);
  });
});

describe('encoded video is decoded', () => {
  needsFfmpeg('bit for bit as ffmpeg does, in the order in which it is shown', async () => {
    for (const [name, encoder] of [['dec.mp4', x264] as const, ['dec.mkv', x265] as const]) {
      const file = clip(name, ...encoder);
      const units = await unitsOf(file);
      const shown = [...units].sort((one, other) => (one.timestamp as number) - (other.timestamp as number));
      const frames: { sequence: number; bytes: Buffer }[] = [];
      const [{ codec }] = units as [AccessUnit];
      for await (const frame of new DecodedSource(unitSourceOf({ codec }, () => units)).frames()) {
        frames.push({ sequence: frame.sequence, bytes: Buffer.from(frame.data) });
        frame.release();
      }
      expect(frames.map(({ sequence }) => sequence)).toEqual(shown.map(({ sequence }) => sequence));
      const expected = ffmpeg('-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
      expect(Buffer.concat(frames.map(({ bytes }) => bytes)).equals(expected)).toBe(true);
    }
  });

  needsFfmpeg('each frame is there before the next unit, in the memory of the sink', async () => {
    const encoded = new EncodedSource(
      sourceOf({}, () => Array.from({ length: 10 }, (_, index) => ramp(rgb(96, 64), 20 * index))),
      { codec: 'avc' },
    );
    const all: AccessUnit[] = [];
    for await (const unit of encoded.units()) all.push(unit);
    let delivered = 0;
    let arrived = () => {};
    const source = unitSourceOf({ codec: 'avc' }, async function* () {
      for (const unit of all) {
        const before = delivered;
        const next = new Promise<void>((resolve) => (arrived = resolve));
        yield unit;
        if (delivered === before) await next; // For ever, if the decoder waits for another unit.
      }
    });
    const lender = new RecycledMemory();
    let lent = 0;
    const space = async (spec: Parameters<RecycledMemory['space']>[0]) => {
      lent++;
      return lender.take(spec);
    };
    const memory = { space };
    for await (const frame of new DecodedSource(source).frames({ memory })) {
      expect(meanOf(frame)).toBeCloseTo(20 * delivered + 8, -1.2);
      frame.release();
      delivered++;
      arrived();
    }
    expect([delivered, lent]).toEqual([10, 10]);
  });

  needsFfmpeg('times and numbers stay with their pictures when units are missing and timestamps wrap', async () => {
    const units = await unitsOf(
      clip('lost.264', '-c:v', 'libx264', '-tune', 'zerolatency', '-x264-params', 'keyint=6'),
    );
    const lost = new Set([2, 8]);
    const sent = units
      .filter(({ sequence }) => !lost.has(sequence))
      .map((unit) =>
        withFacts(unit, {
          sequence: unit.sequence,
          captureTime: BigInt(unit.sequence) * 1_000_003n,
          timestamp: (2 ** 32 - 20_000 + unit.sequence * 3600) % 2 ** 32,
        }),
      );
    // One that no decoder can make a picture of: its slice is cut off behind the header.
    const cut = sent[4] as AccessUnit;
    sent[4] = withFacts(cut, {
      ...cut,
      data: Uint8Array.of(0, 0, 0, 1, 0x41),
      nalUnits: Uint32Array.of(4, 1),
      keyFrame: false,
    });
    const expected = sent.filter((unit) => unit.data.length > 5);
    const seen: Frame[] = [];
    for await (const frame of new DecodedSource(unitSourceOf({ codec: 'avc' }, () => sent)).frames()) seen.push(frame);
    expect(seen.map(({ sequence }) => sequence)).toEqual(expected.map(({ sequence }) => sequence));
    expect(seen.map(({ captureTime }) => captureTime)).toEqual(expected.map(({ captureTime }) => captureTime));
  });

  needsFfmpeg('no picture is lost when a sender begins anew, at an earlier time or hours ahead', async () => {
    const units = await unitsOf(clip('anew.264', ...x264));
    const times = [4_000_000_000, 100, 2 ** 31 - 1];
    const sent = times.flatMap((start) =>
      units.map((unit) => withFacts(unit, { ...unit, timestamp: (start + (unit.timestamp as number)) % 2 ** 32 })),
    );
    let frames = 0;
    for await (const frame of new DecodedSource(unitSourceOf({ codec: 'avc' }, () => sent)).frames()) {
      expect(frame.sequence).toBeGreaterThan(0);
      frame.release();
      frames++;
    }
    expect(frames).toBe(36);
  });

  needsFfmpeg('from a key frame on, with parameter sets that came apart from it', async () => {
    const [first, ...others] = await unitsOf(clip('sets.264', ...x264));
    const slices = first as AccessUnit;
    const [sets, rest] = splitAt(slices, (kind) => kind === 'slice');
    const bare = withFacts(slices, { data: rest, nalUnits: undefined });
    const late = [withFacts(others[0] as AccessUnit, {}), bare, ...others.slice(0, 5)];
    const decoded = new DecodedSource(unitSourceOf({ codec: 'avc', parameterSets: sets }, () => late));
    let frames = 0;
    for await (const frame of decoded.frames()) {
      frame.release();
      frames++;
    }
    expect([frames, decoded.missed]).toEqual([6, 1]);
  });

  function splitAt(unit: AccessUnit, where: (kind: string) => boolean): [Uint8Array, Uint8Array] {
    for (let index = 0; index < unit.nalUnitCount; index++) {
      if (!where(parseNalHeader('avc', unit.nalUnit(index)).about.kind)) continue;
      const code = (unit.nalUnits[2 * index] as number) - 3;
      return [unit.data.subarray(0, code), unit.data.subarray(code)];
    }
    throw new Error('no slice');
  }
});

describe('several sinks', () => {
  needsFfmpeg('of units and frames: each gets what it takes', async () => {
    const file = clip('several.264', ...x264);
    const [copy, raw] = [inFolder('several.h264'), inFolder('several.raw')];
    const again = inFolder('several.265');
    const stats = await runPipe({ source: file, sinks: [`raw:${raw}`, copy, again, 'null:'] });
    expect(stats).toMatchObject({ frames: 12, dropped: 0 });
    expect(readFileSync(copy).equals(readFileSync(file))).toBe(true);
    const pixels = ffmpeg('-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
    expect(readFileSync(raw).equals(pixels)).toBe(true);
    expect(packets(again)).toHaveLength(12);
    expect(leftover()).toEqual([]);
  });

  needsFfmpeg('frames into pixels and two codecs', async () => {
    const [avc, hevc, raw] = ['both.264', 'both.265', 'both.raw'].map(inFolder) as [string, string, string];
    await runPipe({ source: 'test:?size=64x48&frames=7&fps=max', sinks: [avc, `raw:${raw}`, hevc] });
    expect([packets(avc).length, packets(hevc).length, readFileSync(raw).length]).toEqual([7, 7, 7 * 64 * 48 * 3]);
  });

  needsFfmpeg('another codec than the stream has is encoded anew', async () => {
    const out = inFolder('again.265');
    expect(await runPipe({ source: clip('again.264', ...x264), sinks: [out] })).toMatchObject({ frames: 12 });
    expect(packets(out)).toHaveLength(12);
    const stream = inFolder('copy0.264');
    await runPipe({ source: `${clip('copy0.mp4', ...x264)}?copy=0`, sinks: [stream] });
    expect(packets(stream).filter(({ key }) => key)).toHaveLength(1); // Ours has its key frames two seconds apart.
  });
});

describe('a library user who opens', () => {
  needsFfmpeg('a stream file as frames gets frames, and as a sink of frames an encoder', async () => {
    const file = clip('library.264', ...x264);
    await using source = await openSource(file);
    const out = inFolder('library.h264');
    await using sink = await openSink(out);
    let count = 0;
    for await (const frame of source) {
      expect(await sink.write(frame)).toBe(true);
      frame.release();
      count++;
    }
    await sink.close();
    expect([count, packets(out).length]).toEqual([12, 12]);
  });

  needsFfmpeg('units where there are none is told', async () => {
    const unsupported = expect.objectContaining({ code: 'UNSUPPORTED' });
    await expect(openUnitSource('test:')).rejects.toEqual(unsupported);
    await expect(openUnitSource(clip('frames.mkv', '-c:v', 'ffv1'))).rejects.toEqual(unsupported);
    await expect(openUnitSink('null:')).rejects.toEqual(unsupported);
    await expect(openSink(inFolder('x.vvc'))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: /no encoder for vvc/,
    });
    expect((await openUnitSink(inFolder('y.vvc'))).accepts).toEqual(['vvc']);
  });
});

describe('what goes wrong is said', () => {
  needsFfmpeg('another codec than the name says, a file of nonsense', async () => {
    const file = inFolder('named.264');
    writeFileSync(file, readFileSync(clip('named.265', ...x265)));
    await expect(runPipe({ source: file, sinks: [inFolder('out.264')] })).rejects.toMatchObject({
      code: 'NAL_INVALID',
      message: /named\.264: no parameter sets of avc.*another codec/,
    });
    writeFileSync(file, 'nothing that starts like a start code');
    await expect(runPipe({ source: file, sinks: [inFolder('out.264')] })).rejects.toMatchObject({
      code: 'NAL_INVALID',
    });
  });

  needsFfmpeg('a stream that cannot be decoded', async () => {
    const data = Uint8Array.of(0, 0, 0, 1, 0x65, 0xff, 0xff, 0xff, 1, 2, 3);
    const unit = new AccessUnit({ codec: 'avc', data, nalUnits: Uint32Array.of(4, 7) });
    const decoding = runPipe({ source: unitSourceOf({ codec: 'avc' }, () => [unit]), sinks: ['null:'] });
    await expect(decoding).rejects.toMatchObject({ code: 'CHILD_FAILED', message: /ffmpeg cannot decode avc: / });
    const raw = unitSourceOf({ codec: 'raw' }, () => [new AccessUnit({ codec: 'raw', data })]);
    await expect(runPipe({ source: raw, sinks: ['null:'] })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(leftover()).toEqual([]);
  });

  test('a missing file, a folder that is not there, a name that says nothing', async () => {
    const out = inFolder('out.264');
    for (const source of ['file:/nowhere/in.264', 'file:/nowhere/in.mp4']) {
      await expect(runPipe({ source, sinks: [out] })).rejects.toMatchObject({ code: 'IO', message: /nowhere/ });
    }
    const sinks = ['file:/nowhere/out.264'];
    await expect(runPipe({ source: 'test:?frames=1', sinks })).rejects.toMatchObject({
      code: 'IO',
      message: /nowhere/,
    });
    const named = runPipe({ source: 'test:', sinks: ['file:clip.mp4'] });
    await expect(named).rejects.toMatchObject({ code: 'BAD_URI', message: /\.h264.*raw:PATH/ });
    const odd = runPipe({ source: 'test:', sinks: ['file:clip.264?bitrate=fast'] });
    await expect(odd).rejects.toMatchObject({ code: 'BAD_URI', message: /bitrate: bits a second.*"fast"/ });
  });

  needsFfmpeg('a missing ffmpeg is TOOL_MISSING and says how to get it', async () => {
    const file = clip('tool.264', ...x264);
    const container = clip('tool.mp4', ...x264);
    const missing = expect.objectContaining({
      code: 'TOOL_MISSING',
      message: expect.stringMatching(/apt install ffmpeg/),
    });
    const units = await unitsOf(file);
    await withoutPrograms(async () => {
      await expect(runPipe({ source: 'test:?frames=9', sinks: [inFolder('out.264')] })).rejects.toEqual(missing);
      await expect(runPipe({ source: container, sinks: [inFolder('out.264')] })).rejects.toEqual(missing);
      const both = runPipe({
        source: unitSourceOf({ codec: 'avc' }, () => units),
        sinks: [inFolder('o.264'), 'null:'],
      });
      await expect(both).rejects.toMatchObject({ code: 'TOOL_MISSING' }); // Or mkfifo is what is missed first.
      await expect(runPipe({ source: 'test:?frames=9', sinks: ['null:', inFolder('o.264')] })).rejects.toEqual(missing);
    });
  });
});

describe('stopping', () => {
  needsFfmpeg('early, by a number or a signal, leaves no ffmpeg behind and is quiet', async () => {
    const out = inFolder('stopped.264');
    const endless = 'test:?size=320x240&fps=max';
    expect(await runPipe({ source: endless, sinks: [out], frames: 3 })).toMatchObject({ frames: 3 });
    expect(packets(out)).toHaveLength(3);
    await runPipe({ source: endless, sinks: [out], signal: AbortSignal.timeout(300) });
    await runPipe({ source: endless, sinks: ['null:', out], signal: AbortSignal.timeout(300) });
    const file = clip('stopped.mp4', ...x264);
    const loop = `${file}?loop`;
    expect(await runPipe({ source: loop, sinks: [out], frames: 40 })).toMatchObject({ frames: 40 });
    await runPipe({ source: loop, sinks: [out, 'null:'], signal: AbortSignal.timeout(300) });
    expect(leftover()).toEqual([]);
  });

  needsFfmpeg('while nothing comes does not wait for anything', async () => {
    const [first] = await unitsOf(clip('quiet.264', ...x264));
    const never = new Promise<never>(() => {});
    async function* one() {
      yield first as AccessUnit;
      await never;
    }
    const source = { ...unitSourceOf({ codec: 'avc' }, one) };
    const stop = new AbortController();
    source.units = ({ signal }: { signal?: AbortSignal } = {}) => {
      const units = one();
      const ended = new Promise<IteratorResult<AccessUnit>>((resolve) =>
        signal?.addEventListener('abort', () => resolve({ done: true, value: undefined })),
      );
      const next = () => Promise.race([units.next(), ended]);
      return { next, return: async () => ({ done: true, value: undefined }), [Symbol.asyncIterator]: one } as never;
    };
    setTimeout(() => stop.abort(), 400);
    await runPipe({ source, sinks: ['null:'], signal: stop.signal });
    expect(leftover()).toEqual([]);
  });
});
