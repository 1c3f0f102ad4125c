import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { RtpTransport } from '../../src/net/index.js';
import { writeRtcp } from '../../src/rtp/index.js';
import { freePort, hasFfmpeg, waitingAt } from '../rtp/foreign-receiver.js';
import { randomKey } from './keys.js';
import { ends, rtp } from './packets.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-ffmpeg-srtp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Those that ffmpeg has. */
const suites = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const;
/** Rounds of sequence numbers that end within a stream. */
const wraps = { AES_CM_128_HMAC_SHA1_80: 3, AES_CM_128_HMAC_SHA1_32: 1 } as const;

for (const suite of suites) {
  const rounds = wraps[suite];

  test.skipIf(!hasFfmpeg)(
    `what ffmpeg sends with ${suite} is accepted over ${rounds} wraps (skipped without ffmpeg)`,
    async () => {
      const key = randomKey(suite);
      const transport = await RtpTransport.open({
        local: { address: '127.0.0.1' },
        rtcp: 'none',
        srtp: { receiveKey: key },
      });
      transport.listen(() => {});
      const to = `srtp://127.0.0.1:${transport.media.local.port}?pkt_size=120`;
      // Silence in packets of 94 samples: somewhat more than a round of sequence numbers in 800 seconds.
      const input = ['-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', `${800 * rounds}`, '-c:a', 'pcm_mulaw'];
      const output = ['-f', 'rtp', '-srtp_out_suite', suite, '-srtp_out_params', key.toBase64(), to];
      const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...input, ...output], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      expect((await once(child, 'close'))[0]).toBe(0);
      await sleep(100);
      expect(transport.srtp?.statistics).toMatchObject({ forged: 0, replayed: 0, malformed: 0 });
      const { kernelDrops } = transport.media.statistics;
      const packets = transport.srtp?.statistics?.packets ?? 0;
      expect(packets + kernelDrops).toBeGreaterThan(rounds * 65_536);
      expect(packets).toBeGreaterThan(rounds * 50_000);
      transport.close();
    },
    60_000,
  );

  test.skipIf(!hasFfmpeg)(
    `ffmpeg accepts what we send with ${suite} over ${rounds} wraps, and our goodbye (skipped without ffmpeg)`,
    async () => {
      const key = randomKey(suite);
      const port = await freePort();
      const media = [`m=audio ${port} RTP/SAVP 0`, `a=crypto:1 ${ffmpegName(suite)} inline:${key.toBase64()}`];
      const sdp = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...media];
      const [description, target] = [join(folder, `${suite}.sdp`), join(folder, `${suite}.ul`)];
      writeFileSync(description, `${sdp.join('\r\n')}\r\n`);
      const input = ['-protocol_whitelist', 'file,udp,rtp,srtp', '-i', description];
      const child = spawn(
        'ffmpeg',
        ['-v', 'warning', '-y', '-nostdin', ...input, '-c', 'copy', '-f', 'mulaw', target],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      let said = '';
      child.stderr.on('data', (text) => {
        said += text;
      });
      const closed = once(child, 'close');
      const sent = await sendSound(ends(key).sender, port, rounds, () => child.exitCode === null);
      await closed;
      expect(said).not.toContain('HMAC');
      expect(Buffer.compare(readFileSync(target), sent)).toBe(0);
    },
    60_000,
  );
}

/**
 * Under the name that RFC 4568 gives it, ffmpeg takes RTCP of the suite of short tags to have short tags too, against
 * its section 6.2; under the name of DTLS (RFC 5764) it does not.
 */
const ffmpegName = (suite: string): string => suite.replace(/^AES_CM_128(?=.*_32)/, 'SRTP_AES128_CM');

/** Sends rounds of packets of sound, from the middle of one on, no faster than they are read, and a goodbye. Returns all of the sound. */
async function sendSound(
  sender: ReturnType<typeof ends>['sender'],
  port: number,
  rounds: number,
  lives: () => boolean,
): Promise<Buffer> {
  while (lives() && waitingAt(port) < 0) await sleep(10);
  const socket = createSocket('udp4');
  const sounds: Uint8Array[] = [];
  for (let i = 0; i < 40_000 + (rounds - 1) * 65_536 && lives(); i++) {
    const sound = new Uint8Array(20).fill(i >> 8, 0, 10).fill(i, 10);
    const packet = rtp((i + 32_000) & 0xffff, 0x1234_5678, sound);
    packet[1] = 0;
    new DataView(packet.buffer).setUint32(4, 20 * i);
    sounds.push(sound);
    socket.send(sender.protect(packet), port, '127.0.0.1');
    if (i % 128 !== 127) continue;
    await sleep(0);
    while (lives() && waitingAt(port) > 20_000) await sleep(1);
  }
  await sleep(200);
  const ssrc = 0x1234_5678;
  const report = { kind: 'senderReport', ssrc, ntpTime: 0n, timestamp: 0, packets: 0, octets: 0, blocks: [] } as const;
  const goodbye = writeRtcp([report, { kind: 'goodbye', sources: [ssrc], reason: '' }]);
  await new Promise((done) => socket.send(sender.protectControl(goodbye), port + 1, '127.0.0.1', done));
  socket.close();
  return Buffer.concat(sounds);
}
