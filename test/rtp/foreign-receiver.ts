import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packetsOf, type SenderCore, type UnitBytes, writeRtcp } from '../../src/rtp/index.js';

const runs = (program: string, argument: string): boolean =>
  spawnSync(program, [argument], { stdio: 'ignore' }).status === 0;

/** Whether ffmpeg and GStreamer's command are there. */
export const hasFfmpeg = runs('ffmpeg', '-version');
export const hasGstreamer = runs('gst-launch-1.0', '--version') && runs('gst-inspect-1.0', 'rtph265depay');

/** How long a foreign program may take for anything, in ms. */
const patience = 9000;

/** A stream to send: units with their timestamps. */
export interface Stream {
  readonly core: SenderCore;
  readonly units: readonly UnitBytes[];
}

/** An even port with its neighbour, free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    if (port % 2 === 0) return port;
  }
}

/** Bytes that wait in the receive buffers of a port, as the kernel counts them; -1 when nobody has bound it. */
export function waitingAt(port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/udp', '/proc/net/udp6'].flatMap((file) => readFileSync(file, 'latin1').split('\n'));
  const ours = rows.map((row) => row.trim().split(/\s+/)).filter((words) => words[1]?.endsWith(wanted));
  return ours.reduce((sum, words) => Math.max(sum, 0) + Number.parseInt(words[4]?.split(':')[1] ?? '0', 16), -1);
}

async function until(what: string, child: ChildProcess, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + patience; !isSo(); await sleep(10)) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode} before ${what}`);
    if (Date.now() > end) throw new Error(`${what}: not in ${patience} ms`);
  }
}

/** Sends all units, no faster than the receiver takes them, then a BYE to the port of RTCP. */
async function send({ core, units }: Stream, port: number, child: ChildProcess): Promise<void> {
  const socket = createSocket('udp4');
  for (const [index, unit] of units.entries()) {
    const datagrams = [...packetsOf(core.plan(unit, 3000 * index), unit.data)];
    for (let at = 0; at < datagrams.length; at += 32) {
      for (const datagram of datagrams.slice(at, at + 32)) socket.send(datagram, port, '127.0.0.1');
      await sleep(1);
      await until('what was sent is read', child, () => waitingAt(port) < 30_000);
    }
  }
  await sleep(50);
  const { ssrc, timestamp, packets, octets } = core;
  const bye = writeRtcp([
    { kind: 'senderReport', ssrc, ntpTime: 0n, timestamp, packets, octets, blocks: [] },
    { kind: 'goodbye', sources: [ssrc], reason: '' },
  ]);
  await new Promise((sent) => socket.send(bye, port + 1, '127.0.0.1', sent));
  socket.close();
}

/** What a program that reads an SDP, or a port, made of a stream: the file it wrote. */
async function receivedBy(
  command: (folder: string, port: number) => readonly string[],
  stream: Stream,
  isComplete: (child: ChildProcess, file: string) => boolean,
): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'framelane-rtp-'));
  const file = path.join(folder, 'out');
  const port = await freePort();
  const [program = '', ...words] = command(folder, port);
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  try {
    await until(`port ${port} is bound`, child, () => waitingAt(port) >= 0);
    await send(stream, port, child);
    const end = Date.now() + patience;
    while (!isComplete(child, file) && Date.now() < end) await sleep(20);
    if (child.exitCode === null) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${program}: ${said}`, { cause: error });
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What ffmpeg writes of a stream that it does not decode; `media` are the SDP's lines from a= on. */
export function receivedByFfmpeg(stream: Stream, media: readonly string[], format: string): Promise<Buffer> {
  const { payloadType } = stream.core;
  const command = (folder: string, port: number): string[] => {
    const sdp = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
    const lines = [...sdp, `m=video ${port} RTP/AVP ${payloadType}`, ...media];
    writeFileSync(path.join(folder, 'in.sdp'), `${lines.join('\r\n')}\r\n`);
    const input = ['-protocol_whitelist', 'file,udp,rtp', '-i', path.join(folder, 'in.sdp')];
    return ['ffmpeg', '-v', 'error', '-y', ...input, '-c', 'copy', '-f', format, path.join(folder, 'out')];
  };
  // The BYE ends it.
  return receivedBy(command, stream, (child) => child.exitCode !== null);
}

/** What a GStreamer depayloader writes of a stream; `caps` without payload type, `elements` behind the source. */
export function receivedByGstreamer(
  stream: Stream,
  caps: string,
  elements: readonly string[],
  bytes: number,
): Promise<Buffer> {
  const all = `application/x-rtp,media=video,clock-rate=90000,payload=${stream.core.payloadType},${caps}`;
  const command = (folder: string, port: number): string[] => [
    ...['gst-launch-1.0', '-q', '-e', 'udpsrc', 'address=127.0.0.1', `port=${port}`, `caps=${all}`, '!'],
    ...elements.flatMap((element) => [...element.split(' '), '!']),
    ...['filesink', `location=${path.join(folder, 'out')}`, 'sync=false', 'buffer-mode=unbuffered'],
  ];
  const size = (file: string): number => (existsSync(file) ? statSync(file).size : 0);
  return receivedBy(command, stream, (_, file) => size(file) >= bytes);
}
