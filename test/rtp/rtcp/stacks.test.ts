import { spawn, spawnSync } from 'node:child_process';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isRtcp, type RtcpEvents, RtcpSession } from '../../../src/rtp/index.js';

const runs = (program: string, ...words: string[]): boolean =>
  spawnSync(program, words, { stdio: 'ignore' }).status === 0;
const hasFfmpeg = runs('ffmpeg', '-version');
const hasGstreamer = ['rtpbin', 'rtph264pay', 'x264enc'].every((one) => runs('gst-inspect-1.0', one));

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

async function bound(port = 0): Promise<Socket> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  endings.push(() => socket.close());
  await once(socket, 'listening');
  return socket;
}

/** Sockets for RTP, and for RTCP on the port behind it. */
async function boundPair(): Promise<[Socket, Socket]> {
  for (;;) {
    const rtp = await bound();
    try {
      return [rtp, await bound(rtp.address().port + 1)];
    } catch {
      // Somebody has the port behind: another pair.
    }
  }
}

function run(program: string, words: readonly string[]): void {
  const child = spawn(program, words, { stdio: 'ignore' });
  endings.push(() => child.kill('SIGKILL'));
}

/** A receiver of one stream: its session on real sockets and a real clock, fed and polled until the test ends. */
class Receiver {
  readonly session: RtcpSession;
  /** RTP timestamps of the key frames that came. */
  readonly keyFrames = new Set<number>();
  source: ReturnType<RtcpSession['source']> | undefined;
  timestamp = 0;
  readonly #rtcp: Socket;

  constructor(rtp: Socket, rtcp: Socket, events: RtcpEvents, back?: number) {
    const timeOrigin = BigInt(Math.round(performance.timeOrigin * 1e6));
    const random = Math.random;
    this.#rtcp = rtcp;
    this.session = new RtcpSession({ ssrc: 77, cname: 'receiver', random, timeOrigin, events }, performance.now());
    rtp.on('message', (bytes) => this.#packet(bytes));
    rtcp.on('message', (bytes, from) => this.#control(bytes, back ?? from.port));
    const timer = setInterval(() => this.poll(back), 5);
    endings.push(() => clearInterval(timer));
  }

  poll(port: number | undefined): void {
    if (port === undefined) return;
    for (const bytes of this.session.poll(performance.now())) this.#rtcp.send(bytes, port, '127.0.0.1');
  }

  #packet(bytes: Buffer): void {
    if (isRtcp(bytes[1] as number)) return;
    const now = performance.now();
    this.timestamp = bytes.readUInt32BE(4);
    this.source ??= this.session.source(bytes.readUInt32BE(8), 90_000, now);
    this.source.reception.packet(bytes.readUInt16BE(2), this.timestamp, now);
    const type = (bytes[12] as number) & 31;
    const isFirstOfIdr = type === 5 || (type === 28 && ((bytes[13] as number) & 0x9f) === 0x85);
    if (isFirstOfIdr) this.keyFrames.add(this.timestamp);
  }

  #control(bytes: Buffer, port: RemoteInfo['port']): void {
    expect(this.session.receive(bytes, performance.now())).toBe(true);
    this.poll(port);
  }
}

describe('other stacks', () => {
  test.skipIf(!hasFfmpeg)("ffmpeg's reports give capture times of now", async () => {
    const [rtp, rtcp] = await boundPair();
    const senderReport = vi.fn();
    const receiver = new Receiver(rtp, rtcp, { senderReport });
    const input = ['-nostdin', '-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=25'];
    const encoder = ['-c:v', 'libx264', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'];
    run('ffmpeg', [...input, ...encoder, '-f', 'rtp', `rtp://127.0.0.1:${rtp.address().port}`]);
    await vi.waitFor(() => expect(receiver.source?.clock.synchronized).toBe(true), 15_000);
    await vi.waitFor(() => expect(receiver.source?.reception.received).toBeGreaterThan(20), 15_000);
    expect(senderReport).toHaveBeenCalled();
    const age = Date.now() - Number((receiver.source?.clock.captureTimeOf(receiver.timestamp) ?? 0n) / 1_000_000n);
    expect(Math.abs(age)).toBeLessThan(5_000);
    expect(receiver.source?.reception.lost).toBe(0);
  });

  test.skipIf(!hasGstreamer)('GStreamer makes a key frame when we ask for one, by PLI and by FIR', async () => {
    const [rtp, rtcp] = await boundPair();
    const control = await bound();
    const controlPort = control.address().port;
    endings.pop();
    control.close();
    const receiver = new Receiver(rtp, rtcp, {}, controlPort);
    const source = 'videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1';
    const encoder = 'x264enc tune=zerolatency key-int-max=100000 ! rtph264pay';
    const ports = [rtp, rtcp].map((socket) => socket.address().port);
    const bin = `rtpbin name=b rtp-profile=avpf ${source} ! ${encoder} ! b.send_rtp_sink_0`;
    const out = `b.send_rtp_src_0 ! udpsink host=127.0.0.1 port=${ports[0]}`;
    const both = `b.send_rtcp_src_0 ! udpsink host=127.0.0.1 port=${ports[1]} sync=false async=false`;
    const back = `udpsrc port=${controlPort} address=127.0.0.1 ! b.recv_rtcp_sink_0`;
    run('gst-launch-1.0', `${bin} ${out} ${both} ${back}`.split(' '));
    await vi.waitFor(() => expect(receiver.source?.reception.received).toBeGreaterThan(50), 15_000);
    for (const request of ['pli', 'fir'] as const) {
      const before = receiver.keyFrames.size;
      await new Promise((resolve) => setTimeout(resolve, 1_100)); // GStreamer listens to no more than one a second
      expect(receiver.keyFrames.size).toBe(before);
      receiver.session.requestKeyFrame(receiver.source?.ssrc ?? 0, performance.now(), request);
      await vi.waitFor(() => expect(receiver.keyFrames.size).toBe(before + 1), 5_000);
    }
    expect(receiver.source?.clock.synchronized).toBe(true);
  });
});
