import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nalUnitsOf } from '../../src/nal/index.js';
import { RtpReceiver } from '../../src/net/index.js';
import { readJpegPicture } from '../../src/rtp/index.js';
import { elementaryStream, jpegFiles } from '../rtp/encoded.js';
import { hasFfmpeg, hasGstreamer } from '../rtp/foreign-receiver.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-foreign-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** NAL units as base64, so that a difference can be read. */
function nalUnitsIn(stream: Uint8Array): string[] {
  const places = nalUnitsOf(stream);
  return Array.from({ length: places.length / 2 }, (_, index) => {
    const [offset = 0, length = 0] = places.subarray(2 * index);
    return Buffer.from(stream.subarray(offset, offset + length)).toString('base64');
  });
}

/** Everything that a program sends, unit after unit; it has ended by then. */
async function received(
  codec: 'avc' | 'hevc' | 'jpeg',
  units: number,
  command: (port: number) => string[],
): Promise<Uint8Array[]> {
  await using receiver = await RtpReceiver.open({ address: '127.0.0.1', port: 0, format: { codec }, rtcp: 'none' });
  const [program = '', ...args] = command(receiver.port);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'close');
  const got: Uint8Array[] = [];
  const signal = AbortSignal.timeout(20_000);
  while (got.length < units) {
    const unit = await receiver.next(signal);
    if (unit === undefined) break;
    got.push(unit.data.slice());
    unit.release();
  }
  await ended;
  expect(receiver.statistics).toMatchObject({ lostUnits: 0, lost: 0, malformed: 0 });
  return got;
}

const formats = { avc: 'h264', hevc: 'hevc' } as const;

for (const codec of ['avc', 'hevc'] as const) {
  const name = formats[codec];
  const stream = (): { file: string; bytes: Uint8Array } => {
    const bytes = elementaryStream(codec, 3);
    const file = join(folder, `clip.${name}`);
    writeFileSync(file, bytes);
    return { file, bytes };
  };

  describe.skipIf(!hasFfmpeg)('ffmpeg sends (skipped without ffmpeg)', () => {
    test(`${codec}: every NAL unit bit-exact, in whole units`, async () => {
      const { file, bytes } = stream();
      const got = await received(codec, 12, (port) => [
        ...['ffmpeg', '-v', 'error', '-nostdin', '-re', '-f', name, '-i', file, '-c', 'copy'],
        ...['-f', 'rtp', `rtp://127.0.0.1:${port}?pkt_size=1200`],
      ]);
      expect(got).toHaveLength(12);
      expect(got.flatMap(nalUnitsIn)).toEqual(nalUnitsIn(bytes));
    });
  });

  describe.skipIf(!hasGstreamer || !hasFfmpeg)('GStreamer sends (skipped without GStreamer or ffmpeg)', () => {
    test(`${codec}: every NAL unit bit-exact, in whole units`, async () => {
      const { file, bytes } = stream();
      const parser = codec === 'avc' ? 'h264' : 'h265';
      const got = await received(codec, 12, (port) => [
        ...['gst-launch-1.0', '-q', 'filesrc', `location=${file}`, '!', `${parser}parse`, '!'],
        ...[`rtp${parser}pay`, 'mtu=1200', 'aggregate-mode=zero-latency', '!'],
        ...['udpsink', 'host=127.0.0.1', `port=${port}`, 'sync=false'],
      ]);
      expect(got.flatMap(nalUnitsIn)).toEqual(nalUnitsIn(bytes));
      expect(got).toHaveLength(12);
    });
  });
}

describe.skipIf(!hasFfmpeg)('ffmpeg sends (skipped without ffmpeg)', () => {
  test('JPEG: every scan and table bit-exact', async () => {
    const files = jpegFiles(3);
    const file = join(folder, 'clip.mjpeg');
    writeFileSync(file, Buffer.concat(files));
    const got = await received('jpeg', 3, (port) => [
      ...['ffmpeg', '-v', 'error', '-nostdin', '-re', '-f', 'mjpeg', '-i', file, '-c', 'copy'],
      ...['-f', 'rtp', `rtp://127.0.0.1:${port}?pkt_size=1200`],
    ]);
    expect(got.map(contentOf)).toEqual(files.map(contentOf));
  });
});

/** What of a JPEG file RTP carries. */
function contentOf(jpeg: Uint8Array): unknown {
  const { width, height, scanOffset, scanBytes } = readJpegPicture(jpeg);
  return { width, height, scan: Buffer.from(jpeg.subarray(scanOffset, scanOffset + scanBytes)).toString('base64') };
}
