import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { AccessUnit, nalUnitsOf } from '../../src/nal/index.js';
import {
  RtpReceiver,
  type RtpReceiverOptions,
  RtpSender,
  type RtpSenderOptions,
  RtpTransport,
  UdpSocket,
} from '../../src/net/index.js';

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const end of open.splice(0).reverse()) await end.close();
});

function kept<T extends { close(): void | Promise<void> }>(end: T): T {
  open.push(end);
  return end;
}

/** An HEVC unit that begins with parameter sets, then one slice of so many bytes that say which unit it is. */
function unitOf(number: number, bytes: number): Uint8Array {
  const parameterSet = [0, 0, 0, 1, 0x40, 1, 0x0c, number & 0xff, 0x80];
  const slice = Uint8Array.from({ length: bytes }, (_, at) => 1 + ((at * 7 + number) % 255));
  return Uint8Array.from([...parameterSet, 0, 0, 0, 1, 0x26, 1, ...slice]);
}

const pair = async (receiving: Partial<RtpReceiverOptions> = {}, sending: Partial<RtpSenderOptions> = {}) => {
  const receiver = kept(
    await RtpReceiver.open({ address: '127.0.0.1', port: 0, format: { codec: 'hevc' }, rtcp: 'mux', ...receiving }),
  );
  const options = { address: '127.0.0.1', port: receiver.port, codec: 'hevc', rtcp: 'mux', ...sending };
  return { receiver, sender: kept(await RtpSender.open(options as RtpSenderOptions)) };
};

it('brings units over whole, in order, with their timestamps a frame apart', async () => {
  const { receiver, sender } = await pair({}, { frameRate: 50 });
  const sent = [1, 2, 3].map((number) => unitOf(number, 40_000 + number));
  for (const unit of sent) await sender.write(unit);
  const timestamps: number[] = [];
  for (const unit of sent) {
    const got = await receiver.next();
    expect(Buffer.compare(got?.data as Uint8Array, unit)).toBe(0);
    expect(got?.nalUnits).toEqual(nalUnitsOf(unit));
    expect(got).toMatchObject({ codec: 'hevc', keyFrame: true, ssrc: sender.ssrc });
    timestamps.push(got?.timestamp as number);
    got?.release();
  }
  expect(timestamps.map((value) => (value - (timestamps[0] as number)) >>> 0)).toEqual([0, 1800, 3600]);
  expect(receiver.statistics).toMatchObject({ units: 3, lostUnits: 0, lost: 0, overflows: 0 });
  const { datagrams, rtcpPackets } = receiver.statistics;
  expect(sender.statistics).toMatchObject({ units: 3, packets: datagrams - rtcpPackets });
});

it('tells when a picture was taken, once the sender has reported its clocks', async () => {
  const { receiver, sender } = await pair();
  const taken = 1_700_000_000_123_456_789n;
  let captureTime = 0n;
  for (let number = 0; number < 100 && captureTime === 0n; number++) {
    await sender.write(unitOf(number, 100), { captureTime: taken + BigInt(number) * 20_000_000n });
    const unit = await receiver.next();
    captureTime = unit === undefined ? -1n : unit.captureTime - BigInt(number) * 20_000_000n;
    if (unit?.captureTime === 0n) captureTime = 0n;
    await sleep(20);
  }
  // A tick of 90 kHz is 11 us; the report rounds as well.
  expect(Math.abs(Number(captureTime - taken))).toBeLessThan(25_000);
});

it('takes the timestamp of a unit that has one, and the capture time of one that has that', async () => {
  const { receiver, sender } = await pair();
  const data = unitOf(1, 10);
  const times = [{ timestamp: 1000 }, { timestamp: 4000 }, { timestamp: 4000, captureTime: 5n }];
  for (const time of times) {
    await sender.write(new AccessUnit({ codec: 'hevc', data, nalUnits: nalUnitsOf(data), ...time }));
  }
  const got = [await receiver.next(), await receiver.next(), await receiver.next()].map((unit) => unit?.timestamp ?? 0);
  expect(got.map((value) => (value - (got[0] as number)) >>> 0)).toEqual([0, 3000, 3000]);
});

it('asks the sender for a key frame when a unit was lost', async () => {
  const requests: number[] = [];
  const lost: string[] = [];
  const { receiver, sender } = await pair(
    { reorderMs: 1, onLost: ({ reason }) => lost.push(reason) },
    { onKeyFrameRequest: (from) => requests.push(from) },
  );
  await sender.write(unitOf(1, 100));
  (await receiver.next())?.release();
  // The sender's own stream with a hole in it: a packet of its SSRC, three numbers ahead, with a fragment's middle.
  const raw = kept(await UdpSocket.open({ remote: { address: '127.0.0.1', port: receiver.port } }));
  const [source] = [...receiver.sources.values()];
  const header = new DataView(new ArrayBuffer(12 + 3));
  header.setUint16(0, 0x8060);
  header.setUint16(2, ((source?.reception.highestSequence ?? 0) + 4) & 0xffff);
  header.setUint32(4, 77);
  header.setUint32(8, sender.ssrc);
  header.setUint8(12, 49 << 1);
  header.setUint8(13, 1);
  header.setUint8(14, 1);
  raw.sendDatagram(new Uint8Array(header.buffer));
  await sleep(20);
  header.setUint32(4, 1077);
  header.setUint16(2, (header.getUint16(2) + 1) & 0xffff);
  raw.sendDatagram(new Uint8Array(header.buffer));
  for (let turn = 0; turn < 200 && requests.length === 0; turn++) await sleep(10);
  expect(lost).toContain('loss');
  expect(requests.length).toBeGreaterThan(0);
});

it('several streams share a socket, told apart by their SSRC', async () => {
  const receiver = kept(
    await RtpReceiver.open({ address: '127.0.0.1', port: 0, format: { codec: 'hevc' }, rtcp: 'none' }),
  );
  const transport = await RtpTransport.open({ remote: { address: '127.0.0.1', port: receiver.port }, rtcp: 'none' });
  const senders = [];
  for (const ssrc of [11, 22]) senders.push(await RtpSender.open({ transport, codec: 'hevc', ssrc }));
  for (const [index, sender] of senders.entries()) await sender.write(unitOf(index, 5000));
  const got = [await receiver.next(), await receiver.next()];
  expect(got.map((unit) => unit?.ssrc)).toEqual([11, 22]);
  await senders[0]?.close();
  expect(transport.media.closed).toBe(false);
  await senders[1]?.close();
  expect(transport.media.closed).toBe(true);
});

it('answers on the sockets that it sends with: one transport, both directions', async () => {
  const there = await RtpTransport.open({ local: { address: '127.0.0.1', port: 0 }, rtcp: 'mux' });
  const here = await RtpTransport.open({ remote: { address: '127.0.0.1', port: there.media.local.port }, rtcp: 'mux' });
  const receiver = kept(await RtpReceiver.open({ transport: there, format: { codec: 'hevc' } }));
  const reports: number[] = [];
  const sender = kept(
    await RtpSender.open({
      transport: here,
      codec: 'hevc',
      onReception: ({ fractionLost }) => reports.push(fractionLost),
    }),
  );
  for (let number = 0; number < 300 && reports.length === 0; number++) {
    await sender.write(unitOf(number, 100));
    (await receiver.next())?.release();
    await sleep(10);
  }
  expect(reports[0]).toBe(0);
});

it('drops and reports units that nobody takes, and goes on', async () => {
  const lost: string[] = [];
  const { receiver, sender } = await pair({ maxQueuedUnits: 2, onLost: ({ reason }) => lost.push(reason) });
  for (let number = 0; number < 5; number++) await sender.write(unitOf(number, 100));
  for (let turn = 0; turn < 100 && lost.length < 3; turn++) await sleep(5);
  expect(lost).toEqual(['limit', 'limit', 'limit']);
  expect(receiver.statistics).toMatchObject({ units: 2, overflows: 3, lostUnits: 3 });
  for (let number = 0; number < 2; number++) (await receiver.next())?.release();
  await sender.write(unitOf(9, 100));
  expect((await receiver.next())?.data[7]).toBe(9);
});

it('ends: whoever iterates comes to the end, whoever writes is told', async () => {
  const { receiver, sender } = await pair();
  await sender.write(unitOf(1, 100));
  const seen: number[] = [];
  for await (const unit of receiver) {
    seen.push(unit.sequence);
    unit.release();
    await receiver.close();
  }
  expect(seen).toEqual([1]);
  expect(await receiver.next()).toBeUndefined();
  await sender.close();
  await sender.close();
  await expect(sender.write(unitOf(2, 100))).rejects.toMatchObject({ code: 'SOCKET_CLOSED' });
});

it('whoever stops waiting loses nothing', async () => {
  const { receiver, sender } = await pair();
  expect(await receiver.next(AbortSignal.timeout(10))).toBeUndefined();
  expect(await receiver.next(AbortSignal.abort())).toBeUndefined();
  await sender.write(unitOf(7, 100));
  expect((await receiver.next())?.data[7]).toBe(7);
});

it('uses the memory of released units again', async () => {
  const { receiver, sender } = await pair({ rtcp: 'none' }, { rtcp: 'none' });
  const buffers = new Set<ArrayBufferLike>();
  for (let number = 0; number < 200; number++) {
    await sender.write(unitOf(number, 100_000));
    const unit = await receiver.next();
    buffers.add(unit?.data.buffer as ArrayBuffer);
    unit?.release();
  }
  expect(buffers.size).toBeLessThan(5);
});

it('refuses what cannot be, and says what to do', async () => {
  await expect(RtpSender.open({ codec: 'hevc' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(RtpSender.open({ codec: 'x' as 'hevc', address: '127.0.0.1', port: 9 })).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
  });
  await expect(RtpReceiver.open({ port: 0 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  const { receiver, sender } = await pair();
  await expect(
    RtpReceiver.open({ address: '127.0.0.1', port: receiver.port, format: { codec: 'hevc' } }),
  ).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  await expect(sender.write(new Uint8Array(100))).rejects.toMatchObject({ code: 'NAL_INVALID' });
  await sender.write(unitOf(3, 100));
  expect((await receiver.next())?.data[7]).toBe(3);
});
