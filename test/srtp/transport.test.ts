import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  RtpReceiver,
  RtpSender,
  type RtpSenderOptions,
  RtpTransport,
  receptionOf,
  type SrtpOptions,
} from '../../src/net/index.js';
import { SendPlan } from '../../src/rtp/index.js';
import { type SrtpKey, srtpSuiteNames } from '../../src/srtp/index.js';
import { randomKey } from './keys.js';

const generic = { codec: 'generic' } as const;

/** A sender and a receiver on this machine. */
async function pair(send: SrtpOptions, receive: SrtpOptions, more: Partial<RtpSenderOptions> = {}) {
  const { rtcp = 'mux' } = more;
  const receiver = await RtpReceiver.open({
    address: '127.0.0.1',
    format: generic,
    rtcp,
    srtp: receive,
    reorderMs: 5,
  });
  const sender = await RtpSender.open({
    ...generic,
    address: '127.0.0.1',
    port: receiver.port,
    rtcp,
    srtp: send,
    ...more,
  } as RtpSenderOptions);
  return {
    sender,
    receiver,
    /** What a unit arrives as. */
    async through(bytes: Uint8Array): Promise<Uint8Array | undefined> {
      await sender.write(bytes);
      const unit = await receiver.next(AbortSignal.timeout(1000));
      const data = unit === undefined ? undefined : new Uint8Array(unit.data);
      unit?.release();
      return data;
    },
    async [Symbol.asyncDispose]() {
      await sender.close();
      await receiver.close();
    },
  };
}

/** Much faster than toEqual() where there are many bytes. */
const same = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.compare(one, other) === 0;

const bytesOf = (length: number) => new Uint8Array(randomBytes(length));

for (const suite of srtpSuiteNames) {
  test(`units arrive bit-exact under ${suite}, on every path, with and without MKI`, async () => {
    for (const mki of [undefined, Uint8Array.of(1, 2, 3)]) {
      for (const path of ['gso', 'mmsg', 'send'] as const) {
        const key = randomKey(suite, mki === undefined ? {} : { mki });
        await using both = await pair({ sendKey: key }, { receiveKey: key }, { path });
        for (const length of [1, 1387, 1388, 5000, 100_000]) {
          const unit = bytesOf(length);
          expect(same(await both.through(unit), unit)).toBe(true);
        }
        expect(both.receiver.transport.srtp?.statistics).toMatchObject({ forged: 0, replayed: 0, malformed: 0 });
      }
    }
  });
}

test('in place, units of every size arrive bit-exact, and what is left of them is encrypted', async () => {
  for (const suite of srtpSuiteNames) {
    const key = randomKey(suite, { mki: Uint8Array.of(9) });
    for (const path of ['gso', 'mmsg', 'send'] as const) {
      await using both = await pair({ sendKey: key, inPlace: true }, { receiveKey: key }, { path, rtcp: 'none' });
      for (const length of [1, 1370, 1371, 5000, 300_000]) {
        const unit = bytesOf(length);
        const given = unit.slice();
        expect(same(await both.through(given), unit)).toBe(true);
        if (length > 16) expect(same(given, unit)).toBe(false);
      }
      expect(both.receiver.transport.srtp?.statistics).toMatchObject({ forged: 0, replayed: 0, malformed: 0 });
    }
  }
});

test('in place, every format of NAL units and pieces arrives as it was', async () => {
  const key = randomKey();
  const nal = (first: number, bytes: number) => [0, 0, 0, 1, first, 1, ...bytesOf(bytes).map((byte) => byte | 1)];
  // Parameter sets that go in one packet, small and large slices.
  const unit = Uint8Array.from(
    [0x40, 0x42, 0x44, 0x26, 0x26].flatMap((first, i) => nal(first, [20, 30, 9, 500, 9000][i] ?? 0)),
  );
  const receiver = await RtpReceiver.open({
    address: '127.0.0.1',
    format: { codec: 'hevc' },
    rtcp: 'none',
    srtp: { receiveKey: key },
  });
  const srtp = { sendKey: key, inPlace: true };
  const sender = await RtpSender.open({ codec: 'hevc', address: '127.0.0.1', port: receiver.port, rtcp: 'none', srtp });
  for (let i = 0; i < 3; i++) {
    await sender.write(unit.slice());
    using arrived = await receiver.next(AbortSignal.timeout(1000));
    expect(arrived?.data).toEqual(unit);
  }
  await sender.close();
  await receiver.close();
});

test('the wire shows neither what is sent nor plain RTP sizes', async () => {
  const key = randomKey();
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await using sender = await RtpSender.open({
    ...generic,
    address: '127.0.0.1',
    port,
    rtcp: 'none',
    srtp: { sendKey: key },
  });
  const secret = Buffer.from('a picture that nobody else may see, nobody at all');
  const [[packet]] = await Promise.all([once(socket, 'message'), sender.write(secret)]);
  expect(packet.length).toBe(12 + 4 + secret.length + 16);
  expect(packet.includes(secret.subarray(0, 16))).toBe(false);
  socket.close();
});

test('whoever has another key receives nothing, and counts it', async () => {
  await using both = await pair({ sendKey: randomKey() }, { receiveKey: randomKey() }, { rtcp: 'none' });
  await both.sender.write(bytesOf(5000));
  expect(await both.receiver.next(AbortSignal.timeout(200))).toBeUndefined();
  expect(both.receiver.transport.srtp?.statistics).toMatchObject({ packets: 0, forged: 4 });
  expect(both.receiver.sources.size).toBe(0);
});

test('plain RTP is refused where SRTP is expected', async () => {
  const receiver = await RtpReceiver.open({
    address: '127.0.0.1',
    format: generic,
    rtcp: 'none',
    srtp: { receiveKey: randomKey() },
  });
  const sender = await RtpSender.open({ ...generic, address: '127.0.0.1', port: receiver.port, rtcp: 'none' });
  await sender.write(bytesOf(5000));
  expect(await receiver.next(AbortSignal.timeout(200))).toBeUndefined();
  expect(receiver.transport.srtp?.statistics).toMatchObject({ packets: 0, forged: 4 });
  await sender.close();
  await receiver.close();
});

test('RTCP goes both ways: a key frame is asked for under keys of both directions', async () => {
  const [there, back] = [randomKey('AES_CM_128_HMAC_SHA1_80'), randomKey('AEAD_AES_256_GCM')];
  let asked = 0;
  await using both = await pair(
    { sendKey: there, receiveKey: back },
    { sendKey: back, receiveKey: there },
    { onKeyFrameRequest: () => asked++ },
  );
  expect(await both.through(bytesOf(100))).toHaveLength(100);
  // Whom to ask is known once the sender has said something.
  const heard = () => both.receiver.transport.srtp?.statistics?.controlPackets ?? 0;
  await expect.poll(heard, { timeout: 5000 }).toBeGreaterThan(0);
  both.receiver.requestKeyFrame(both.sender.ssrc);
  await expect.poll(() => asked, { timeout: 5000 }).toBeGreaterThan(0);
});

test('no unit is lost while the keys are changed, with and without MKI', async () => {
  for (const mki of [false, true]) {
    const key = (i: number) => randomKey('AEAD_AES_128_GCM', mki ? { mki: Uint8Array.of(i) } : {});
    await using both = await pair({ sendKey: key(9) }, { receiveKey: key(9) });
    const keys = [key(0), key(1), key(2), key(3)];
    both.receiver.transport.srtp?.rekey({ receiveKey: keys[0] as SrtpKey });
    both.sender.transport.srtp?.rekey({ sendKey: keys[0] as SrtpKey });
    for (const next of keys.slice(1)) {
      for (let i = 0; i < 20; i++) expect(await both.through(bytesOf(3000))).toHaveLength(3000);
      both.receiver.transport.srtp?.rekey({ receiveKey: next });
      // Written before the change, on its way during it.
      const before = both.sender.write(bytesOf(200_000));
      both.sender.transport.srtp?.rekey({ sendKey: next });
      await before;
      using unit = await both.receiver.next(AbortSignal.timeout(1000));
      expect(unit?.data).toHaveLength(200_000);
    }
    expect(both.receiver.transport.srtp?.statistics).toMatchObject({ forged: 0, unknownKeys: 0 });
    expect(both.receiver.statistics.lostUnits).toBe(0);
  }
});

test('a transport without a key of that direction says so', async () => {
  const local = { address: '127.0.0.1' };
  const remote = { address: '127.0.0.1', port: 9 };
  const deaf = await RtpTransport.open({ local, remote, srtp: { sendKey: randomKey() } });
  await expect(RtpReceiver.open({ transport: deaf, format: generic })).rejects.toThrow('srtp.receiveKey');
  const mute = await RtpTransport.open({ local, remote, srtp: { receiveKey: randomKey() } });
  await expect(RtpSender.open({ transport: mute, ...generic })).rejects.toThrow('srtp.sendKey');
  await expect(RtpTransport.open({ srtp: {} })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  deaf.close();
  mute.close();
});

test('a description carries the key, and a receiver opened by it receives', async () => {
  const key = randomKey('AES_CM_128_HMAC_SHA1_80', { mki: Uint8Array.of(0, 7), lifetime: 2n ** 31n });
  const sender = await RtpSender.open({
    codec: 'jpeg',
    address: '127.0.0.1',
    port: 40_000,
    rtcp: 'mux',
    srtp: { sendKey: key },
  });
  expect(sender.sdp).toContain('m=video 40000 RTP/SAVP 26');
  expect(sender.sdp).toContain(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key.toBase64()}|2^31|7:2`);
  const { options, description } = receptionOf(sender.sdp);
  const [received] = [options.srtp?.receiveKey].flat();
  expect(received?.toBase64()).toBe(key.toBase64());
  expect(received?.mki).toEqual(Uint8Array.of(0, 7));
  expect(inspect([options, description], { depth: 20, showHidden: true })).not.toContain(key.toBase64());
  await sender.close();
});

test('keys are in nothing that is printed, thrown or turned into JSON', async () => {
  const secret = Buffer.alloc(30, 'SECRETkeySECRET');
  const { SrtpKey: Key } = await import('../../src/srtp/index.js');
  const key = new Key('AES_CM_128_HMAC_SHA1_80', secret);
  await using both = await pair({ sendKey: key }, { receiveKey: key });
  const forms = [secret.toString('hex'), secret.toString('base64'), secret.toString('latin1'), [...secret].join(', ')];
  const shown = [
    both,
    both.sender,
    both.receiver,
    both.sender.transport,
    both.sender.transport.srtp,
    key,
    both.sender.options,
  ]
    .flatMap((thing) => [inspect(thing, { depth: 10, showHidden: true, getters: false }), safeJson(thing)])
    .concat(
      String(key),
      failureOf(() => new Key('AEAD_AES_128_GCM', secret)),
    );
  for (const text of shown) for (const form of forms) expect(text).not.toContain(form);
});

function safeJson(thing: unknown): string {
  try {
    return JSON.stringify(thing);
  } catch (error) {
    return inspect(error);
  }
}

function failureOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return inspect(error, { depth: 10, showHidden: true });
  }
  throw new Error('it did not fail');
}

test('a closed transport sends nothing more, and its keys are gone', async () => {
  const key = randomKey();
  const both = await pair({ sendKey: key }, { receiveKey: key });
  expect(await both.through(bytesOf(10))).toHaveLength(10);
  const { srtp } = both.sender.transport;
  await both[Symbol.asyncDispose]();
  expect(() => srtp?.protect(1, 1, new SendPlan(), bytesOf(1))).toThrow('closed');
  await expect(both.sender.write(bytesOf(10))).rejects.toMatchObject({ code: 'SOCKET_CLOSED' });
});
