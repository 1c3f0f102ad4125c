import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteInput } from '../../src/endpoints/byte-input.js';
import { NutReader } from '../../src/endpoints/nut-reader.js';
import { hasFfmpeg } from '../nal/streams.js';

/** Bytes that come in pieces of a size. */
function inputOf(bytes: Uint8Array, size: number): ByteInput {
  let at = 0;
  const read = async (target: Uint8Array) => {
    const piece = bytes.subarray(at, at + Math.min(size, target.length));
    target.set(piece);
    at += piece.length;
    return piece.length;
  };
  const fill = async (target: Uint8Array) => {
    let filled = 0;
    for (let got = 1; got > 0 && filled < target.length; filled += got) got = await read(target.subarray(filled));
    return filled;
  };
  return { read, fill, close: async () => {} };
}

async function packetsOf(bytes: Uint8Array, size: number, bufferBytes?: number) {
  const reader = new NutReader(inputOf(bytes, size), bufferBytes);
  const packets: { seconds: number; key: boolean; data: string }[] = [];
  for (let packet = await reader.next(); packet !== undefined; packet = await reader.next()) {
    const data = await reader.bytes(packet);
    if (data === undefined) break;
    packets.push({ seconds: packet.seconds, key: packet.key, data: Buffer.from(data).toString('hex') });
  }
  return { packets, size: reader.size };
}

const needsFfmpeg = test.skipIf(!hasFfmpeg);

const ffmpeg = (...args: string[]) =>
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args], { maxBuffer: 1 << 27 });

/** Small packets without their beginnings, of varying times, and ones larger than any short form. */
const makers: Record<string, () => string[]> = {
  mpeg4: () => ['-c:v', 'mpeg4', '-bf', '2'],
  h264: () => ['-c:v', 'libx264', '-x264-params', 'keyint=5:aud=1'],
  pixels: () => ['-c:v', 'rawvideo', '-pix_fmt', 'rgb24'],
};

needsFfmpeg.each(Object.keys(makers))('packets of %s are those that ffmpeg sees, however they come', async (name) => {
  const video = ['-f', 'lavfi', '-i', "testsrc2=size=160x120:rate=30000/1001,select='not(eq(mod(n,5),3))'"];
  const timed = [...video, '-vsync', 'vfr', '-frames:v', '40', ...(makers[name] as () => string[])()];
  const nut = ffmpeg(...timed, '-write_index', '0', '-f', 'nut', '-');
  const told = execFileSync('ffmpeg', ['-v', 'error', '-f', 'nut', '-i', '-', '-c', 'copy', '-f', 'framemd5', '-'], {
    input: nut,
    encoding: 'utf8',
  });
  const base = Number(/#tb 0: 1\/(\d+)/.exec(told)?.[1]) / Number(/#tb 0: (\d+)/.exec(told)?.[1]);
  const expected = told
    .split('\n')
    .filter((line) => /^0,/.test(line))
    .map((line) => line.split(',').map((field) => field.trim()) as [string, string, string, string, string, string]);
  const { createHash } = await import('node:crypto');
  for (const [size, buffer] of [
    [1 << 20, 4096],
    [7, 64],
    [1000, 1 << 18],
  ] as const) {
    const seen = await packetsOf(nut, size, buffer);
    expect(seen.size).toEqual({ width: 160, height: 120 });
    expect(seen.packets.map(({ data }) => createHash('md5').update(Buffer.from(data, 'hex')).digest('hex'))).toEqual(
      expected.map(([, , , , , hash]) => hash),
    );
    const first = seen.packets[0]?.seconds as number;
    const start = Number(expected[0]?.[2]);
    for (const [index, { seconds }] of seen.packets.entries()) {
      expect(seconds - first).toBeCloseTo((Number(expected[index]?.[2]) - start) / base, 4);
    }
  }
});

needsFfmpeg('a stream that is cut ends, one that is damaged is CHILD_FAILED or ends', async () => {
  const nut = ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=32x32', '-frames:v', '5', '-c:v', 'mpeg4', '-f', 'nut', '-');
  await fc.assert(
    fc.asyncProperty(fc.nat(nut.length), fc.nat(nut.length - 1), fc.nat(255), async (length, at, byte) => {
      const damaged = Uint8Array.from(nut.subarray(0, length));
      if (at < length) damaged[at] = byte;
      await packetsOf(damaged, 100, 64).catch((error) =>
        expect(['CHILD_FAILED', 'LIMIT_EXCEEDED']).toContain(error.code),
      );
    }),
    { numRuns: 1500 },
  );
});
