import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { SrtpKey, SrtpSuiteName } from '../../src/srtp/index.js';
import { randomKey } from './keys.js';
import { ends, rtp } from './packets.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-gst-srtp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missing = spawnSync('gst-inspect-1.0', ['srtpenc'], { stdio: 'ignore' }).status !== 0;

const names = {
  AEAD_AES_128_GCM: ['aes-128-gcm', 'null'],
  AEAD_AES_256_GCM: ['aes-256-gcm', 'null'],
  AES_CM_128_HMAC_SHA1_80: ['aes-128-icm', 'hmac-sha1-80'],
  AES_CM_128_HMAC_SHA1_32: ['aes-128-icm', 'hmac-sha1-32'],
  AES_256_CM_HMAC_SHA1_80: ['aes-256-icm', 'hmac-sha1-80'],
} as const satisfies Partial<Record<SrtpSuiteName, readonly [string, string]>>;

/** Packets each behind its length in 16 bits (RFC 4571): nothing is lost in a file. */
function framed(packets: readonly Uint8Array[]): Buffer {
  return Buffer.concat(packets.flatMap((packet) => [Buffer.of(packet.length >> 8, packet.length), packet]));
}

function unframed(all: Buffer): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at + 2 <= all.length; at += 2 + all.readUInt16BE(at)) {
    packets.push(new Uint8Array(all.subarray(at + 2, at + 2 + all.readUInt16BE(at))));
  }
  return packets;
}

/** What an element makes of packets. */
function through(caps: string, element: readonly string[], packets: readonly Uint8Array[]): Uint8Array[] {
  const [from, to] = [join(folder, 'in'), join(folder, 'out')];
  writeFileSync(from, framed(packets));
  const pipeline = [
    'filesrc',
    `location=${from}`,
    'blocksize=65536',
    '!',
    caps,
    '!',
    'rtpstreamdepay',
    '!',
    ...element,
  ];
  const end = ['!', 'rtpstreampay', '!', 'filesink', `location=${to}`];
  const { status, stderr } = spawnSync('gst-launch-1.0', ['-q', ...pipeline, ...end], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return unframed(readFileSync(to));
}

const hexOf = (key: SrtpKey): string => Buffer.from(key.expose()).toString('hex');
const common = 'media=video,clock-rate=90000,encoding-name=JPEG,payload=96,ssrc=(uint)305419896';

/** Rounds of sequence numbers that end within a stream. */
const wraps: Readonly<Record<string, number>> = { AEAD_AES_128_GCM: 3, AES_CM_128_HMAC_SHA1_80: 3 };

/** A stream that begins in the middle of a round. */
const stream = (rounds: number): Uint8Array[] =>
  Array.from({ length: 40_000 + (rounds - 1) * 65_536 }, (_, i) => rtp((i + 32_000) & 0xffff));

for (const [suite, [cipher, auth]] of Object.entries(names)) {
  const rounds = wraps[suite] ?? 1;
  const packets = stream(rounds);

  test.skipIf(missing)(
    `GStreamer accepts all that we send with ${suite}, over ${rounds} wraps (skipped without GStreamer)`,
    () => {
      const key = randomKey(suite as SrtpSuiteName);
      const { sender } = ends(key);
      const sealed = packets.map((packet) => sender.protect(packet));
      const how = `srtp-cipher=${cipher},srtp-auth=${auth},srtcp-cipher=${cipher},srtcp-auth=${auth}`;
      const caps = `application/x-srtp-stream,${common},srtp-key=(buffer)${hexOf(key)},${how}`;
      const opened = through(caps, ['srtpdec'], sealed);
      expect(opened.length).toBe(packets.length);
      expect(Buffer.compare(framed(opened), framed(packets))).toBe(0);
    },
    60_000,
  );

  test.skipIf(missing)(
    `we accept all that GStreamer sends with ${suite}, over ${rounds} wraps (skipped without GStreamer)`,
    () => {
      const key = randomKey(suite as SrtpSuiteName);
      const { receiver } = ends(key);
      const enc = ['srtpenc', `key=${hexOf(key)}`, `rtp-cipher=${cipher}`, `rtp-auth=${auth}`];
      const element = [...enc, `rtcp-cipher=${cipher}`, `rtcp-auth=${auth}`];
      const sealed = through(`application/x-rtp-stream,${common}`, element, packets);
      const opened = sealed.map((packet) => receiver.unprotect(packet) ?? new Uint8Array(0));
      expect(receiver.statistics).toMatchObject({ packets: packets.length, forged: 0, replayed: 0, malformed: 0 });
      expect(Buffer.compare(framed(opened), framed(packets))).toBe(0);
    },
    60_000,
  );
}
