import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nativePrimitives } from '../../src/net/index.js';
import { rowWord, rowWords } from '../../src/rtp/index.js';
import {
  deriveSessionKeys,
  estimateIndex,
  type KeyExpiry,
  ReplayWindow,
  SrtpKey,
  SrtpProtector,
  SrtpUnprotector,
  srtpSuiteNames,
} from '../../src/srtp/index.js';
import { randomKey } from './keys.js';
import { ends, rtcp, rtp } from './packets.js';
import { plainPrimitives } from './primitives.js';

const ssrc = 0x1234_5678;

test('the authentication key has 20 bytes of its own, not 16 and some zeros', () => {
  const { authentication } = deriveSessionKeys(plainPrimitives, randomKey('AES_CM_128_HMAC_SHA1_80'), false);
  expect(authentication).toHaveLength(20);
  expect(authentication?.slice(16)).not.toEqual(new Uint8Array(4));
});

test.each(srtpSuiteNames)('every packet of %s is as node:crypto computes it, across wraps', (suite) => {
  const key = randomKey(suite, { mki: Uint8Array.of(0xab, 0xcd) });
  const ours = new SrtpProtector(nativePrimitives(), key);
  const plain = new SrtpProtector(plainPrimitives, key);
  const receiver = new SrtpUnprotector(nativePrimitives(), key);
  // From the middle of one round to the next but one; the rollover counter is in the IV and under the tag.
  for (let index = 30_000; index < 170_000; index += 977) {
    const packet = rtp(index & 0xffff, ssrc, randomBytes(index % 1400));
    const sealed = ours.protect(packet);
    expect(sealed).toEqual(plain.protect(packet));
    expect(receiver.unprotect(sealed)).toEqual(packet);
  }
  expect(receiver.statistics).toMatchObject({ forged: 0, replayed: 0 });
});

test.each(srtpSuiteNames)('every single-bit flip of a packet of %s is refused, and moves nothing', (suite) => {
  const { sender, receiver } = ends(randomKey(suite, { mki: Uint8Array.of(1, 2) }));
  receiver.unprotect(sender.protect(rtp(100)));
  const good = sender.protect(rtp(101));
  const before = receiver.snapshot(ssrc);
  for (let bit = 0; bit < 8 * good.length; bit++) {
    const bad = good.slice();
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
    const rest = bad.slice(1);
    expect(receiver.unprotect(bad), `bit ${bit}`).toBeUndefined();
    expect(bad.slice(1), `memory, bit ${bit}`).toEqual(rest); // The first byte says that it is none.
    expect(receiver.snapshot(ssrc), `state, bit ${bit}`).toEqual(before);
    expect(receiver.streams).toBe(1);
  }
  expect(receiver.unprotect(good)).toEqual(rtp(101));
});

test.each(srtpSuiteNames)('every truncation and every lengthening of a packet of %s is refused', (suite) => {
  const { sender, receiver } = ends(randomKey(suite));
  receiver.unprotect(sender.protect(rtp(100)));
  const good = sender.protect(rtp(101));
  const before = receiver.snapshot(ssrc);
  for (let length = 0; length < good.length + 40; length++) {
    if (length === good.length) continue;
    const bad = new Uint8Array(length);
    bad.set(good.subarray(0, length));
    expect(receiver.unprotect(bad), `${length} bytes`).toBeUndefined();
    expect(receiver.snapshot(ssrc)).toEqual(before);
  }
  expect(receiver.unprotect(good)).toEqual(rtp(101));
});

test.each(srtpSuiteNames)('SRTCP of %s: every flip and truncation is refused, 20 to 28 bytes too', (suite) => {
  const { sender, receiver } = ends(randomKey(suite));
  const good = sender.protectControl(rtcp());
  for (let bit = 0; bit < 8 * good.length; bit++) {
    const bad = good.slice();
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(receiver.unprotectControl(bad), `bit ${bit}`).toBeUndefined();
  }
  for (let length = 0; length < good.length; length++) {
    expect(receiver.unprotectControl(good.slice(0, length)), `${length} bytes`).toBeUndefined();
    expect(receiver.unprotectControl(new Uint8Array(length).fill(0x80)), `${length} of 0x80`).toBeUndefined();
  }
  expect(receiver.unprotectControl(good.slice())).toEqual(rtcp());
  expect(receiver.unprotectControl(good.slice())).toBeUndefined();
  expect(receiver.statistics).toMatchObject({ controlPackets: 1, replayed: 1 });
});

test.each(srtpSuiteNames)(
  'SRTCP of %s without encryption is authenticated, and not a byte longer than it says',
  (suite) => {
    const key = randomKey(suite);
    const sender = new SrtpProtector(nativePrimitives(), key, { encryptControl: false });
    const sealed = sender.protectControl(rtcp());
    expect(sealed).toHaveLength(rtcp().length + sender.controlGrowth);
    expect(sealed.subarray(0, rtcp().length)).toEqual(rtcp());
    const plain = new SrtpProtector(plainPrimitives, key, { encryptControl: false });
    expect(sealed).toEqual(plain.protectControl(rtcp()));
    expect(new SrtpUnprotector(nativePrimitives(), key).unprotectControl(sealed)).toEqual(rtcp());
  },
);

test('no IV comes twice in SRTCP: 300 packets of the same bytes all differ', () => {
  for (const suite of srtpSuiteNames) {
    const { sender } = ends(randomKey(suite));
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++) seen.add(Buffer.from(sender.protectControl(rtcp()).subarray(8, 20)).toString('hex'));
    expect(seen.size).toBe(300);
  }
});

test('a sequence number that comes again in one stream is not encrypted a second time', () => {
  const { sender } = ends(randomKey());
  sender.protect(rtp(7));
  sender.protect(rtp(8));
  expect(() => sender.protect(rtp(8))).toThrow('cannot share a key');
  expect(() => sender.protect(rtp(7))).toThrow('cannot share a key');
  sender.protect(rtp(9));
  sender.protect(rtp(8, 99)); // Another stream has another key stream.
});

test('one forged packet does not move the rollover counter', () => {
  const { sender, receiver } = ends(randomKey());
  for (let sequence = 0; sequence < 10; sequence++) receiver.unprotect(sender.protect(rtp(sequence)));
  for (const far of [0x8001, 0xffff, 0x4000, 0x7fff]) {
    const forged = sender.protect(rtp(far, 77));
    new DataView(forged.buffer).setUint32(8, ssrc);
    expect(receiver.unprotect(forged)).toBeUndefined();
  }
  for (let sequence = 10; sequence < 20; sequence++) {
    expect(receiver.unprotect(sender.protect(rtp(sequence)))).toEqual(rtp(sequence));
  }
});

test('65533, 65535, 0, 1, 65534, 2 are one wrap', () => {
  const { sender, receiver } = ends(randomKey());
  const order = [65_533, 65_534, 65_535, 0, 1, 2];
  const sealed = new Map(order.map((sequence) => [sequence, sender.protect(rtp(sequence))]));
  for (const sequence of [65_533, 65_535, 0, 1, 65_534, 2]) {
    expect(receiver.unprotect(sealed.get(sequence) as Uint8Array), `${sequence}`).toEqual(rtp(sequence));
  }
  expect(receiver.snapshot(ssrc)?.highest).toBe(0x1_0002);
});

test('a stream that begins with 65535 loses no packet', () => {
  const { sender, receiver } = ends(randomKey());
  for (const sequence of [65_535, 0, 1])
    expect(receiver.unprotect(sender.protect(rtp(sequence)))).toEqual(rtp(sequence));
});

test('the index is estimated as RFC 3711 section 3.3.1 says, for all of a round', () => {
  for (const highest of [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x1_0000, 0x5_7fff, 0x5_8000, 2 ** 47 + 3]) {
    for (let sequence = 0; sequence < 0x1_0000; sequence += 13) {
      const last = highest % 0x1_0000;
      const roc = Math.floor(highest / 0x1_0000);
      let guess = roc;
      if (last < 0x8000) guess = sequence - last > 0x8000 ? Math.max(roc - 1, roc === 0 ? 0 : roc - 1) : roc;
      else if (last - 0x8000 > sequence) guess = roc + 1;
      expect(estimateIndex(highest, sequence)).toBe(guess * 0x1_0000 + sequence);
    }
  }
});

test('10,000,000 packets in any order, repeated and late, are judged as a list of all of them would', () => {
  const size = 64;
  let window = new ReplayWindow(size);
  const there = new Uint8Array(1 << 22);
  let highest = -1;
  let state = 12_345;
  let differences = 0;
  let fresh = 0;
  for (let step = 0; step < 10_000_000; step++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const jump = state >>> 28 === 0 ? (state >>> 12) % 200 : ((state >>> 16) % 80) - 76;
    const index = Math.max(0, highest + jump) % there.length;
    const expected = index > highest || (highest - index < size && there[index] === 0);
    if (window.isFresh(index) !== expected) differences++;
    if (!expected) continue;
    fresh++;
    window.accept(index);
    there[index] = 1;
    if (index > highest) highest = index;
    if (highest < there.length - 200) continue;
    // The list is full: both begin anew.
    there.fill(0);
    window = new ReplayWindow(size);
    for (let at = 0; at < size; at++) {
      window.accept(at);
      there[at] = 1;
    }
    highest = size - 1;
  }
  expect(differences).toBe(0);
  expect(fresh).toBeGreaterThan(1_000_000);
});

test.each([64, 128, 1024, 32_768])('a window of %i packets takes those within it once, and none before it', (size) => {
  const { sender, receiver } = ends(randomKey(), { replayWindow: size });
  const sealed = Array.from({ length: size + 2 }, (_, i) => sender.protect(rtp(i, ssrc, new Uint8Array(1))));
  const last = sealed.length - 1;
  expect(receiver.unprotect((sealed[0] as Uint8Array).slice())).toBeDefined();
  expect(receiver.unprotect((sealed[last] as Uint8Array).slice())).toBeDefined();
  expect(receiver.unprotect((sealed[1] as Uint8Array).slice())).toBeUndefined(); // too old by one
  expect(receiver.unprotect((sealed[2] as Uint8Array).slice())).toBeDefined();
  for (let i = 3; i < last; i++) expect(receiver.unprotect((sealed[i] as Uint8Array).slice())).toBeDefined();
  for (const packet of sealed) expect(receiver.unprotect(packet.slice())).toBeUndefined();
  // The oldest of the largest window could as well be of the next round: then it is its tag that is wrong.
  expect(judged(receiver)).toEqual({ packets: size + 1, refused: size + 3 });
});

test.each([0, 63, 65, 100, 65_536, Number.NaN])('a window of %d packets is refused', (replayWindow) => {
  expect(() => ends(randomKey(), { replayWindow })).toThrow('a power of two from 64 to 32768');
});

test('a million forged sources leave nothing behind', () => {
  const { sender, receiver } = ends(randomKey());
  receiver.unprotect(sender.protect(rtp(1)));
  const forged = randomBytes(60);
  forged[0] = 0x80;
  forged[1] = 96;
  const view = new DataView(forged.buffer, forged.byteOffset);
  const round = (from: number) => {
    for (let i = from; i < from + 500_000; i++) {
      forged[0] = 0x80;
      view.setUint32(8, i);
      receiver.unprotect(forged);
    }
  };
  round(0);
  globalThis.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  round(500_000);
  globalThis.gc?.();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
  expect(receiver.streams).toBe(1);
  expect(receiver.statistics).toMatchObject({ packets: 1, forged: 1_000_000 });
});

test('streams beyond the limit are refused, and those that are known go on', () => {
  const { sender, receiver } = ends(randomKey(), { maxStreams: 3 });
  for (let source = 1; source <= 5; source++) {
    const arrived = receiver.unprotect(sender.protect(rtp(1, source)));
    expect(arrived !== undefined).toBe(source <= 3);
    expect(receiver.unprotectControl(sender.protectControl(rtcp(source))) !== undefined).toBe(source <= 3);
  }
  expect(receiver.unprotect(sender.protect(rtp(2, 3)))).toEqual(rtp(2, 3));
  expect(receiver.statistics).toMatchObject({ refusedStreams: 4, packets: 4 });
});

test('a stream ends with the 2^48th packet: not one more is encrypted or accepted', () => {
  const key = randomKey();
  const { sender, receiver } = ends(key);
  const last = 2 ** 48 - 1;
  sender.resume(ssrc, last);
  receiver.expect(ssrc, last - 1);
  const sealed = sender.protect(rtp(0xffff));
  expect(sealed).toEqual(lastOf(key));
  expect(receiver.unprotect(sealed)).toEqual(rtp(0xffff));
  expect(() => sender.protect(rtp(0))).toThrow(expect.objectContaining({ code: 'SRTP_KEY_USED_UP' }));
  const wrapped = ends(key).sender.protect(rtp(0));
  expect(receiver.unprotect(wrapped)).toBeUndefined();
});

function lastOf(key: SrtpKey): Uint8Array {
  const plain = new SrtpProtector(plainPrimitives, key);
  plain.resume(ssrc, 2 ** 48 - 1);
  return plain.protect(rtp(0xffff));
}

test('SRTCP ends with the 2^31st packet', () => {
  const { sender, receiver } = ends(randomKey());
  sender.resumeControl(ssrc, 2 ** 31 - 1);
  expect(receiver.unprotectControl(sender.protectControl(rtcp()))).toEqual(rtcp());
  expect(() => sender.protectControl(rtcp())).toThrow(expect.objectContaining({ code: 'SRTP_KEY_USED_UP' }));
});

test('a key says at nine tenths of its lifetime that it ends, once, and then stops; another one goes on', () => {
  const told: KeyExpiry[] = [];
  const key = randomKey('AEAD_AES_128_GCM', { lifetime: 20n });
  const sender = new SrtpProtector(nativePrimitives(), key, { onKeyExpiring: (expiry) => told.push(expiry) });
  for (let i = 0; i < 20; i++) {
    expect(told).toHaveLength(i >= 18 ? 1 : 0);
    sender.protect(rtp(i));
  }
  expect(told).toEqual([{ kind: 'srtp', used: 18, limit: 20 }]);
  expect(() => sender.protect(rtp(20))).toThrow('give another (rekey)');
  sender.rekey(randomKey());
  expect(sender.protect(rtp(20))).toHaveLength(rtp(20).length + 16);
});

test('the old key is good until it is retired, and no longer; keys of another shape are refused', () => {
  const [first, second, third] = [randomKey(), randomKey(), randomKey()];
  const { sender, receiver } = ends(first);
  const old = [1, 2, 3].map((sequence) => sender.protect(rtp(sequence)));
  receiver.rekey(second);
  sender.rekey(second);
  const now = [4, 5, 6].map((sequence) => sender.protect(rtp(sequence)));
  expect(receiver.unprotect(now[0] as Uint8Array)).toBeDefined();
  expect(receiver.unprotect(old[0] as Uint8Array)).toBeDefined();
  expect(receiver.unprotectControl(ends(first).sender.protectControl(rtcp(5)))).toBeDefined();
  expect(receiver.unprotect(now[1] as Uint8Array)).toBeDefined();
  receiver.retire();
  expect(receiver.unprotect(old[1] as Uint8Array)).toBeUndefined();
  expect(receiver.unprotect(now[2] as Uint8Array)).toBeDefined();
  receiver.rekey(third);
  expect(() => receiver.rekey(randomKey('AEAD_AES_256_GCM'))).toThrow('cannot follow');
  expect(() => sender.rekey(randomKey('AEAD_AES_128_GCM', { mki: Uint8Array.of(1) }))).toThrow('cannot follow');
});

test('an MKI that no key has is refused without trying', () => {
  const { sender } = ends(randomKey('AEAD_AES_128_GCM', { mki: Uint8Array.of(1) }));
  const { receiver } = ends(randomKey('AEAD_AES_128_GCM', { mki: Uint8Array.of(2) }));
  expect(receiver.unprotect(sender.protect(rtp(1)))).toBeUndefined();
  expect(receiver.unprotectControl(sender.protectControl(rtcp()))).toBeUndefined();
  expect(receiver.statistics).toMatchObject({ unknownKeys: 2, forged: 0 });
});

test('header extensions and sources of a mix are left readable, padding is encrypted', () => {
  const { sender, receiver } = ends(randomKey('AES_256_CM_HMAC_SHA1_80'));
  const packet = new Uint8Array(12 + 8 + 8 + 30).fill(7);
  packet.set([0x80 | 0x20 | 0x10 | 2, 96, 0, 9]);
  packet.set([0xbe, 0xde, 0, 1, 0x10, 1, 0, 0], 20);
  packet[packet.length - 1] = 5;
  const sealed = sender.protect(packet);
  expect(sealed.subarray(0, 28)).toEqual(packet.subarray(0, 28));
  expect(sealed.subarray(28, 58)).not.toEqual(packet.subarray(28, 58));
  expect(receiver.unprotect(sealed)).toEqual(packet);
});

/** Packets one behind the other as trains of a batch, each row of one size but the last. */
function batchOf(trains: readonly (readonly Uint8Array[])[]) {
  const slab = new Uint8Array(trains.flat().reduce((sum, packet) => sum + packet.length, 0));
  const table = new Uint32Array(trains.length * rowWords);
  let at = 0;
  for (const [row, train] of trains.entries()) {
    table[row * rowWords + rowWord.offset] = at;
    table[row * rowWords + rowWord.segmentBytes] = train[0]?.length ?? 0;
    for (const packet of train) {
      slab.set(packet, at);
      at += packet.length;
    }
    table[row * rowWords + rowWord.bytes] = at - (table[row * rowWords + rowWord.offset] as number);
  }
  return { slab, table, rows: trains.length };
}

/** The packets of a batch that were not taken out, at their places. */
function accepted(slab: Uint8Array, like: readonly Uint8Array[]): (Uint8Array | undefined)[] {
  let at = 0;
  return like.map(({ length }) => {
    at += length;
    return slab[at - length] === 0 ? undefined : slab.slice(at - length, at);
  });
}

/** A forged packet with a number that is taken may be called either. */
function judged({ statistics }: SrtpUnprotector): { packets: number; refused: number } {
  return { packets: statistics.packets, refused: statistics.forged + statistics.replayed };
}

test('a batch leaves the same behind as its packets one by one: forged, repeated, wrapped, of several sources and keys', () => {
  const keys = [randomKey('AES_CM_128_HMAC_SHA1_80'), randomKey('AES_CM_128_HMAC_SHA1_80')] as const;
  const kinds = fc.constantFrom('next', 'again', 'late', 'forged', 'other', 'rekeyed', 'jump');
  const runs = fc.array(fc.array(kinds, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(runs, fc.integer({ min: 65_500, max: 65_535 }), (batches, start) => {
      const senders = keys.map((key) => new SrtpProtector(nativePrimitives(), key));
      const whole = new SrtpUnprotector(nativePrimitives(), [...keys], { replayWindow: 64 });
      const single = new SrtpUnprotector(nativePrimitives(), [...keys], { replayWindow: 64 });
      let index = start;
      const sent: Uint8Array[] = [];
      const make = (kind: string): Uint8Array => {
        if (kind === 'again' && sent.length > 0) return sent.at(-1 - (index % Math.min(sent.length, 5))) as Uint8Array;
        if (kind === 'late' && sent.length > 3) return sent.at(-3) as Uint8Array;
        if (kind === 'jump') index += 20_000;
        index++;
        const sender = senders[kind === 'rekeyed' ? 1 : 0] as SrtpProtector;
        const source = kind === 'other' ? 55 : ssrc;
        sender.resume(source, index);
        const sealed = sender.protect(rtp(index & 0xffff, source));
        if (kind === 'forged') sealed[20] = (sealed[20] as number) ^ 1;
        sent.push(sealed);
        return sealed;
      };
      for (const batch of batches) {
        const train = batch.map(make);
        const { slab, table, rows } = batchOf([train.slice(0, 7), train.slice(7)].filter((part) => part.length > 0));
        const alone = train.map((packet) => packet.slice());
        whole.receive(slab, table, rows);
        for (const packet of alone) single.unprotect(packet);
        expect(accepted(slab, alone)).toEqual(alone.map((packet) => (packet[0] === 0 ? undefined : packet)));
        for (const source of [ssrc, 55]) expect(whole.snapshot(source)).toEqual(single.snapshot(source));
        expect(judged(whole)).toEqual(judged(single));
      }
    }),
    { numRuns: 150 },
  );
});

test('RTCP in a batch is left for whoever takes RTCP', () => {
  const { sender, receiver } = ends(randomKey());
  const control = sender.protectControl(rtcp());
  const { slab, table, rows } = batchOf([[control], [sender.protect(rtp(1))]]);
  receiver.receive(slab, table, rows);
  expect(slab.subarray(0, control.length)).toEqual(control);
  expect(receiver.statistics).toMatchObject({ packets: 1, malformed: 0 });
});

test('memory of a Buffer given as a key may be overwritten at once', () => {
  const bytes = randomBytes(28);
  const again = Buffer.from(bytes);
  const key = new SrtpKey('AEAD_AES_128_GCM', bytes);
  bytes.fill(0);
  const { sender } = ends(key);
  expect(ends(new SrtpKey('AEAD_AES_128_GCM', again)).receiver.unprotect(sender.protect(rtp(1)))).toEqual(rtp(1));
  key.wipe();
  expect(() => key.expose()).toThrow('wiped');
  expect(() => ends(key)).toThrow('wiped');
});

test('closed, neither end does anything any more', () => {
  const { sender, receiver } = ends(randomKey());
  const sealed = sender.protect(rtp(1));
  sender.close();
  receiver.close();
  sender.close();
  expect(() => sender.protect(rtp(2))).toThrow('closed');
  expect(receiver.unprotect(sealed)).toBeUndefined();
  expect(receiver.unprotectControl(new Uint8Array(60).fill(0x80))).toBeUndefined();
});
