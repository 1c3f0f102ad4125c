import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  describeStreams,
  readSdp,
  type StreamPayload,
  streamsOf,
  writeCaps,
  writeSdp,
} from '../../../src/rtp/index.js';
import { vector } from './descriptions.js';

const runs = (program: string, ...words: string[]): boolean =>
  spawnSync(program, words, { stdio: 'ignore' }).status === 0;
const hasFfmpeg = runs('ffmpeg', '-version');
const hasGstreamer =
  hasFfmpeg && ['udpsrc', 'rtph264depay', 'rtpvrawdepay'].every((one) => runs('gst-inspect-1.0', one));

const folder = mkdtempSync(path.join(tmpdir(), 'framelane-sdp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Encoders of what the vectors describe. */
const encoders: Readonly<Record<string, readonly string[]>> = {
  'ffmpeg-h264.sdp': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-tune', 'zerolatency', '-g', '5'],
  'ffmpeg-hevc.sdp': ['-c:v', 'libx265', '-pix_fmt', 'yuv420p', '-x265-params', 'log-level=none:keyint=5:bframes=0'],
  'ffmpeg-mjpeg.sdp': ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-huffman', 'default'],
  'ffmpeg-raw.sdp': ['-c:v', 'rawvideo', '-pix_fmt', 'uyvy422', '-strict', 'experimental'],
};
const names = Object.keys(encoders);

/** An even port that nobody has. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port & ~1;
}

/** ffmpeg that sends test pictures until it is killed. */
function sender(name: string, port: number, payloadType: number): ChildProcess {
  const input = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=25'];
  const output = ['-payload_type', `${payloadType}`, '-f', 'rtp', `rtp://127.0.0.1:${port}`];
  return spawn('ffmpeg', ['-nostdin', '-v', 'error', ...input, ...(encoders[name] ?? []), ...output], {
    stdio: 'ignore',
  });
}

/** Runs a program to its end; what it said, and how it ended. */
async function finished(program: string, words: readonly string[]): Promise<{ status: number | null; said: string }> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 25_000 });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, said };
}

/** What a vector describes, under the payload type that ffmpeg gives it. */
const payloadOf = (name: string): StreamPayload => streamsOf(readSdp(vector(name)))[0]?.payloads[0] as StreamPayload;

describe('players open our descriptions', () => {
  test.skipIf(!hasFfmpeg).concurrent.each(names)('ffmpeg decodes what our SDP of %s says', async (name) => {
    const port = await freePort();
    const payload = payloadOf(name);
    const streams = [
      { payloads: [payload], address: '127.0.0.1', port, ssrc: 1, feedback: { nack: true, pli: true, fir: true } },
    ];
    const file = path.join(folder, `${name}.ours`);
    writeFileSync(file, writeSdp(describeStreams(streams, { name: 'ours' })));
    const sends = sender(name, port, payload.payloadType);
    const quick = ['-probesize', '500000', '-analyzeduration', '1000000'];
    const input = ['-f', 'sdp', '-protocol_whitelist', 'file,udp,rtp', ...quick, '-i', file];
    const { status, said } = await finished('ffmpeg', [
      '-nostdin',
      '-v',
      'info',
      ...input,
      '-frames:v',
      '5',
      '-f',
      'null',
      '-',
    ]);
    sends.kill('SIGKILL');
    expect(status, said).toBe(0);
    expect(said).toMatch(/Video: .*320x240/);
    expect(said).toMatch(/frame= *5 /);
  });

  test.skipIf(!hasGstreamer).concurrent.each([
    ['ffmpeg-h264.sdp', 'rtph264depay'],
    ['ffmpeg-raw.sdp', 'rtpvrawdepay'],
  ])('GStreamer takes our caps of %s', async (name, depayloader) => {
    const port = await freePort();
    const payload = payloadOf(name);
    const source = ['udpsrc', `port=${port}`, `caps=${writeCaps(payload)}`];
    const sends = sender(name, port, payload.payloadType);
    const words = [...source, '!', depayloader, '!', 'identity', 'eos-after=5', '!', 'fakesink'];
    const { status, said } = await finished('gst-launch-1.0', words);
    sends.kill('SIGKILL');
    expect(status, said).toBe(0);
    expect(said).toContain('Got EOS');
  });
});
