import { setTimeout as sleep } from 'node:timers/promises';
import { native } from '../native.js';
import { nativePrimitives, UdpSocket, type UdpStatistics } from '../net/index.js';
import { SendPlan } from '../rtp/index.js';
import { SrtpKey, SrtpProtector, SrtpUnprotector } from '../srtp/index.js';
import { type Check, ok, warn } from './check.js';
import { readableBytes } from './table.js';

/** As many packets as any kernel takes for a train, small enough for one. */
const trialPackets = 128;
const trialPayload = 200;
/** How long the trial waits for what it sent to itself, in ms. */
const patience = 500;

/** Sends a train to this machine itself: what both sides say. */
async function tryTrain(address: string): Promise<{ sent: UdpStatistics; received: UdpStatistics }> {
  using there = await UdpSocket.open({ local: { address } });
  using socket = await UdpSocket.open({ remote: { address, port: there.local.port } });
  const plan = new SendPlan();
  const shape = { headerOffset: plan.header(12), headerBytes: 12, payloadBytes: trialPayload };
  plan.fragments(trialPackets, 0, shape, shape, shape);
  there.receive(() => undefined);
  await socket.send(plan, new Uint8Array(trialPackets * trialPayload));
  const end = performance.now() + patience;
  while (there.statistics.receivedPackets < trialPackets && performance.now() < end) await sleep(1);
  return { sent: socket.statistics, received: there.statistics };
}

/** Whether packets of RTP leave and arrive in trains, found by trying. */
export async function checkTrains(): Promise<Check> {
  const name = 'UDP trains';
  const { sent, received } = await tryTrain('127.0.0.1').catch(nothing);
  if (sent === undefined || received.receivedPackets < trialPackets) {
    const found = `${received?.receivedPackets ?? 0} of ${trialPackets} packets came back on 127.0.0.1`;
    return warn(name, found, 'RTP does not work here: check `ip link show lo` and `nft list ruleset`');
  }
  if (sent.path !== 'gso') {
    const found = `refused: packets are sent by ${sent.path}, at several times the cost`;
    return warn(name, found, 'Linux 4.18 or newer has UDP_SEGMENT; some sandboxes do not');
  }
  const leaving = `up to ${sent.maxSegments} packets leave as one (UDP_SEGMENT)`;
  return received.receivedTrains > 0
    ? ok(name, `${leaving} and arrive as one (UDP_GRO)`)
    : warn(name, `${leaving}, but arrive one by one`, 'Linux 5.0 or newer has UDP_GRO');
}

/** What a trial that could not be made shows. */
const nothing = (): { sent?: undefined; received?: undefined } => ({});

/** Bytes a socket should be able to hold: a large key frame and what comes while it is worked on. */
const wantedBuffer = 4 << 20;

/** Whether the kernel lets sockets hold as much as video needs. */
export async function checkSocketBuffers(): Promise<Check> {
  const name = 'UDP buffers';
  using socket = await UdpSocket.open({ sendBufferBytes: wantedBuffer, receiveBufferBytes: wantedBuffer });
  const { receiveBufferBytes, sendBufferBytes } = socket.statistics;
  const found = `${readableBytes(receiveBufferBytes)} to receive, ${readableBytes(sendBufferBytes)} to send`;
  const low = [receiveBufferBytes < wantedBuffer && 'rmem_max', sendBufferBytes < wantedBuffer && 'wmem_max'];
  const settings = low.filter((limit) => limit !== false).map((limit) => `net.core.${limit}=${wantedBuffer}`);
  if (settings.length === 0) return ok(name, found);
  return warn(name, `${found}: units of a megabyte may be lost on arrival`, `sysctl -w ${settings.join(' ')}`);
}

/** Whether there is IPv6, by sending to oneself. */
export async function checkIpv6(): Promise<Check> {
  const { received } = await tryTrain('::1').catch(nothing);
  if (received?.receivedPackets === trialPackets) return ok('IPv6', 'packets to ::1 arrive');
  return warn('IPv6', 'packets to ::1 do not arrive', 'use IPv4 addresses, or check `ip -6 address show lo`');
}

/** What SRTP is computed by, tried with a packet there and back. */
export async function checkSrtp(): Promise<Check> {
  const name = 'SRTP';
  const by = native().srtpKernels();
  if (by === '') return warn(name, 'not to be had: this runtime exports no OpenSSL', 'use the Node of nodejs.org');
  const key = new SrtpKey('AEAD_AES_128_GCM', new Uint8Array(28).fill(1));
  const packet = Uint8Array.of(0x80, 96, ...new Uint8Array(1000));
  const sealed = new SrtpProtector(nativePrimitives(), key).protect(packet);
  const opened = new SrtpUnprotector(nativePrimitives({ openssl: true }), key).unprotect(sealed);
  const right = opened?.every((byte, at) => byte === packet[at]) === true;
  if (!right) return warn(name, 'a packet did not come back', 'report this, with the processor of this machine');
  return ok(name, `computed by ${by}`);
}
