import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
  type GenericNack,
  ntpFromUnix,
  type ReceiverReport,
  Reception,
  type ReceptionOfUs,
  type ReportBlock,
  type RtcpPacket,
  RtcpSession,
  readRtcp,
  writeRtcp,
} from '../../../src/rtp/index.js';
import { anyPacket } from './arbitrary.js';
import { Conference, timeOrigin } from './conference.js';

const kinds = (bytes: Uint8Array): string[] => readRtcp(bytes).map(({ kind }) => kind);
const cnameOnly = (ssrc: number, text: string): RtcpPacket => ({
  kind: 'sourceDescription',
  chunks: [{ ssrc, items: [{ item: 1, text }] }],
});
const report = (ssrc: number): RtcpPacket => ({ kind: 'receiverReport', ssrc, blocks: [] });

/** The blocks of the report that a datagram begins with. */
function blocksOf(bytes: Uint8Array | undefined): readonly ReportBlock[] {
  const [first] = readRtcp(bytes as Uint8Array);
  return (first as ReceiverReport).blocks;
}

/** A session on a clock of its own, whose random numbers are all one half. */
function alone(options: Partial<ConstructorParameters<typeof RtcpSession>[0]> = {}): RtcpSession {
  return new RtcpSession({ ssrc: 1, cname: 'alone', random: () => 0.5, timeOrigin, ...options }, 0);
}

test('point to point the first report goes at once: report and canonical name', () => {
  const session = alone();
  expect(session.deadline).toBeLessThanOrEqual(0);
  const [bytes, ...more] = session.poll(0);
  expect(more).toEqual([]);
  expect(readRtcp(bytes as Uint8Array, { compound: true })).toEqual([report(1), cnameOnly(1, 'alone')]);
  expect(session.poll(0)).toEqual([]);
});

test('where others listen in, the first report waits for half the minimum', () => {
  const session = alone({ multicast: true, profile: 'AVP' });
  expect(session.poll(0)).toEqual([]);
  expect(session.deadline).toBeCloseTo(2_500 / 1.21828, 0);
  expect(session.poll(session.deadline as number)).toHaveLength(1);
});

test('the first unit brings a sender report at once, with both clocks and counts', () => {
  const session = alone();
  session.poll(0);
  session.unitSent(3, 4_000, 0xffff_ff00, timeOrigin + 990_000_000n, 1_000);
  expect(session.deadline).toBeLessThanOrEqual(1_000);
  const [sent] = readRtcp(session.poll(1_000)[0] as Uint8Array);
  expect(sent).toEqual({
    kind: 'senderReport',
    ssrc: 1,
    ntpTime: ntpFromUnix(timeOrigin + 1_000_000_000n),
    timestamp: (0xffff_ff00 + 900) >>> 0, // 10 ms after the unit was taken, over the wrap
    packets: 3,
    octets: 4_000,
    blocks: [],
  });
});

test('AVP: reports come 5 s apart on average, never in step', () => {
  const conference = new Conference(3);
  const session = conference.join({ profile: 'AVP' });
  conference.join({ profile: 'AVP' });
  conference.run(3_600_000);
  const times = conference.sent.filter(({ from }) => from === session).map(({ at }) => at);
  const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  expect(mean).toBeGreaterThan(4_000);
  expect(mean).toBeLessThan(5_500);
  expect(Math.min(...gaps)).toBeGreaterThan(2_000);
  expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(2_000);
});

test('the reduced minimum is 360 s over the bandwidth in kbit/s', () => {
  const conference = new Conference(4);
  conference.join({ profile: 'AVP', interval: 'reduced', bandwidth: 1_000_000 });
  conference.run(60_000);
  expect(conference.sent.length).toBeGreaterThan(60_000 / 360 / 1.3);
  expect(conference.sent.length).toBeLessThan((60_000 / 360) * 1.5);
});

test('AVPF without feedback: a report about every second, and no more calls than that', () => {
  const session = alone();
  let calls = 0;
  let reports = 0;
  for (let now = 0; now < 60_000; now = session.deadline as number) {
    calls++;
    reports += session.poll(now).length;
  }
  expect(reports).toBeGreaterThan(50);
  expect(reports).toBeLessThan(70);
  expect(calls).toBeLessThan(3 * reports);
});

test('200 members stay within 5% of the bandwidth, from a sudden start on', () => {
  const conference = new Conference(5);
  for (let member = 0; member < 200; member++) {
    conference.join({ profile: 'AVP', multicast: true, bandwidth: 128_000, interval: 1_000 });
  }
  conference.run(20_000);
  const start = conference.sent.reduce((sum, { bytes }) => sum + bytes.length + 28, 0);
  conference.run(60_000);
  const all = conference.sent.reduce((sum, { bytes }) => sum + bytes.length + 28, 0);
  const allowed = (seconds: number): number => (seconds * 128_000 * 0.05) / 8;
  expect(start).toBeLessThan(1.6 * allowed(20)); // the first packets go out before anybody knows of the others
  expect(all - start).toBeLessThan(1.1 * allowed(60));
  expect(all - start).toBeGreaterThan(0.7 * allowed(60));
  expect(conference.sessions.map(({ members }) => members)).toEqual(new Array(200).fill(200));
});

test('members that leave speed up those who stay: reverse reconsideration', () => {
  const conference = new Conference(6);
  for (let member = 0; member < 100; member++) {
    conference.join({ profile: 'AVP', multicast: true, bandwidth: 32_000, interval: 1_000 });
  }
  conference.run(120_000);
  const stays = conference.sessions[0] as RtcpSession;
  const before = (stays.deadline as number) - conference.now;
  const leavers = conference.sessions.slice(1).map(({ ssrc }) => ssrc);
  for (let first = 0; first < leavers.length; first += 31) {
    const sources = leavers.slice(first, first + 31);
    stays.receive(writeRtcp([report(1), { kind: 'goodbye', sources, reason: '' }]), conference.now);
  }
  expect(stays.members).toBeLessThanOrEqual(2); // itself, and whoever said it
  expect((stays.deadline as number) - conference.now).toBeLessThan(before / 10 + 1);
});

test('silent members are given up after five intervals, and may come back', () => {
  const timedOut = vi.fn();
  const conference = new Conference(7);
  const stays = conference.join({ events: { timedOut } });
  const goes = conference.join();
  conference.run(5_000);
  expect(stays.members).toBe(2);
  conference.vanish(goes);
  conference.run(24_000);
  expect([stays.members, timedOut.mock.calls]).toEqual([2, []]);
  conference.run(10_000);
  expect([stays.members, timedOut.mock.calls]).toEqual([1, [[goes.ssrc]]]);
  conference.sessions.push(goes);
  conference.run(10_000);
  expect(stays.members).toBe(2);
});

test('a goodbye is told once, and stragglers behind it do not bring the member back', () => {
  const bye = vi.fn();
  const session = alone({ events: { bye } });
  session.receive(writeRtcp([report(7), cnameOnly(7, 'other')]), 0);
  expect(session.members).toBe(2);
  const goodbye = writeRtcp([report(7), { kind: 'goodbye', sources: [7], reason: 'done' }]);
  session.receive(goodbye, 100);
  session.receive(goodbye, 200);
  session.receive(writeRtcp([report(7)]), 300);
  expect(session.members).toBe(1);
  expect(bye.mock.calls).toEqual([[7, 'done']]);
});

test('leaving says goodbye at once in a small group, and ends the session', () => {
  const session = alone();
  session.poll(0);
  session.leave(50, 'finished');
  const [bytes] = session.poll(session.deadline as number);
  expect(readRtcp(bytes as Uint8Array).at(-1)).toEqual({ kind: 'goodbye', sources: [1], reason: 'finished' });
  expect([session.deadline, session.poll(1e6)]).toEqual([undefined, []]);
});

test('one who never said anything leaves without a word', () => {
  const session = alone({ multicast: true });
  session.leave(10);
  expect([session.deadline, session.poll(10_000)]).toEqual([undefined, []]);
});

test('when 200 members leave together, their goodbyes do not come all at once', () => {
  const conference = new Conference(8);
  for (let member = 0; member < 200; member++) {
    conference.join({ profile: 'AVP', multicast: true, bandwidth: 128_000 });
  }
  conference.run(60_000);
  const before = conference.sent.length;
  const start = conference.now;
  for (const session of conference.sessions) session.leave(start);
  conference.run(600_000);
  const times = conference.sent.slice(before).map(({ at }) => at - start);
  expect(times.length).toBe(200);
  const firstSecond = times.filter((at) => at < 1_000).length;
  expect(firstSecond).toBeLessThan(40);
  expect(Math.max(...times)).toBeGreaterThan(10_000);
});

test('receivers report loss, and the sender learns of it with the round trip', () => {
  const heard: ReceptionOfUs[] = [];
  const conference = new Conference(9, 15);
  const sender = conference.join({ ssrc: 100, events: { receptionReport: (block) => heard.push(block) } });
  const receiver = conference.join({ ssrc: 200 });
  const source = receiver.source(100, 90_000, 0);
  for (let unit = 0; unit < 300; unit++) {
    sender.unitSent(1, 1_000, unit * 3_000, 0n, conference.now);
    if (unit % 4 !== 3) source.reception.packet(unit, unit * 3_000, conference.now);
    conference.run(33);
  }
  const last = heard.at(-1) as ReceptionOfUs;
  expect(last).toMatchObject({ from: 200, ssrc: 100 });
  expect(last.fractionLost).toBeGreaterThan(50);
  expect(last.fractionLost).toBeLessThan(80);
  expect(last.cumulativeLost).toBeGreaterThan(60);
  expect(last.roundTripMs).toBeGreaterThan(29);
  expect(last.roundTripMs).toBeLessThan(31);
});

test('the receiver gets the capture time of each unit, once the first report came', () => {
  const conference = new Conference(10);
  const sender = conference.join({ ssrc: 100 });
  const receiver = conference.join({ ssrc: 200 });
  const { clock } = receiver.source(100, 90_000, 0);
  const taken = timeOrigin + 5_000_000n;
  sender.unitSent(1, 1_000, 0x1234, taken, 10);
  expect(clock.captureTimeOf(0x1234)).toBe(0n);
  conference.run(30);
  const off = Number(clock.captureTimeOf(0x1234) - taken);
  expect(Math.abs(off)).toBeLessThan(12_000); // a tick of 90 kHz
});

test('a report that came before the source was asked for counts too', () => {
  const session = alone();
  const ntpTime = ntpFromUnix(timeOrigin);
  const sent = { kind: 'senderReport', ssrc: 9, ntpTime, timestamp: 500, packets: 1, octets: 1, blocks: [] } as const;
  session.receive(writeRtcp([sent]), 0);
  expect(session.source(9, 90_000, 1).clock.captureTimeOf(500)).toBe(timeOrigin);
});

test('a recording of another day keeps its capture times', () => {
  const conference = new Conference(11);
  const sender = conference.join({ ssrc: 100 });
  const { clock } = conference.join({ ssrc: 200 }).source(100, 90_000, 0);
  const taken = timeOrigin - 86_400_000_000_000n * 30n;
  sender.unitSent(1, 1_000, 77, taken, 0);
  conference.run(50);
  expect(Math.abs(Number(clock.captureTimeOf(77) - taken))).toBeLessThan(12_000);
});

test('feedback goes out at once, behind a report and a name', () => {
  const conference = new Conference(12);
  const keyFrameRequested = vi.fn();
  const nackReceived = vi.fn();
  const sender = conference.join({ ssrc: 100, events: { keyFrameRequested, nackReceived } });
  const receiver = conference.join({ ssrc: 200 });
  sender.unitSent(1, 1_000, 0, 0n, 0);
  conference.run(2_000);
  const before = conference.sent.length;
  expect(receiver.nack(100, [1, 0, 65_535], conference.now)).toBe(true);
  expect(receiver.requestKeyFrame(100, conference.now)).toBe(true);
  conference.run(11);
  expect(nackReceived.mock.calls).toEqual([[200, [65_535, 0, 1]]]);
  expect(keyFrameRequested.mock.calls).toEqual([[200, 'pli']]);
  const [packet] = conference.sent.slice(before).filter(({ from }) => from === receiver);
  expect(kinds((packet as { bytes: Uint8Array }).bytes)).toEqual([
    'receiverReport',
    'sourceDescription',
    'genericNack',
    'pictureLoss',
  ]);
});

test('feedback of reduced size goes alone', () => {
  const session = alone({ reducedSize: true });
  session.poll(0);
  session.receive(writeRtcp([report(100)]), 0);
  session.nack(100, [5], 100);
  const [bytes] = session.poll(100);
  expect(kinds(bytes as Uint8Array)).toEqual(['genericNack']);
});

test('AVP: feedback waits for the next report', () => {
  const session = alone({ profile: 'AVP' });
  session.poll(0);
  session.requestKeyFrame(100, 10);
  expect(session.deadline).toBeGreaterThan(2_000);
  const [bytes] = session.poll((session.deadline as number) + 10_000);
  expect(kinds(bytes as Uint8Array)).toEqual(['receiverReport', 'sourceDescription', 'pictureLoss']);
});

test('a storm of requests stays within the RTCP bandwidth', () => {
  const conference = new Conference(13);
  const receiver = conference.join({ bandwidth: 1_000_000 });
  const sender = conference.join({ bandwidth: 1_000_000 });
  sender.unitSent(1, 1, 0, 0n, 0);
  for (let ms = 0; ms < 10_000; ms++) {
    receiver.nack(sender.ssrc, [ms & 0xffff], conference.now);
    conference.run(1);
  }
  const bytes = conference.sent.filter(({ from }) => from === receiver).reduce((sum, one) => sum + one.bytes.length, 0);
  expect(bytes).toBeLessThan((10 * 1_000_000 * 0.05) / 8);
  expect(bytes).toBeGreaterThan((10 * 1_000_000 * 0.05) / 8 / 10);
});

test('where others listen in, one NACK of a group stands for all', () => {
  const conference = new Conference(14, 1);
  const options = { multicast: true, bandwidth: 200_000 } as const;
  const sender = conference.join({ ...options, ssrc: 100 });
  const receivers = Array.from({ length: 20 }, () => conference.join(options));
  sender.unitSent(1, 1, 0, 0n, 0);
  conference.run(30_000);
  const before = conference.sent.length;
  for (const receiver of receivers) receiver.nack(100, [17], conference.now);
  conference.run(20_000);
  const nacks = conference.sent.slice(before).filter(({ bytes }) => kinds(bytes).includes('genericNack'));
  expect(nacks.length).toBeGreaterThan(0);
  expect(nacks.length).toBeLessThan(10);
});

test('a full intra request has a new number each time, and its repetition is told once', () => {
  const keyFrameRequested = vi.fn();
  const asked = alone({ ssrc: 100, events: { keyFrameRequested } });
  const asks = alone({ ssrc: 200 });
  const [first, second] = [1_000, 3_000].map((now) => {
    asks.requestKeyFrame(100, now, 'fir');
    return asks.poll(now).find((bytes) => kinds(bytes).includes('fullIntra')) as Uint8Array;
  });
  for (const bytes of [first, first, second] as Uint8Array[]) asked.receive(bytes, 5_000);
  expect(keyFrameRequested.mock.calls).toEqual([
    [200, 'fir'],
    [200, 'fir'],
  ]);
});

test('feedback that waits is limited to 512 bytes; what has no room is refused and counted', () => {
  const session = alone({ profile: 'AVP' });
  session.poll(0);
  const spread = Array.from({ length: 200 }, (_, index) => index * 100);
  expect(session.nack(100, spread, 1)).toBe(false);
  expect(session.nack(100, spread.slice(0, 5), 1)).toBe(true); // waiting already
  for (let ssrc = 0; ssrc < 100; ssrc++) session.requestKeyFrame(ssrc, 1);
  expect(session.statistics.refusedFeedback).toBe(101);
  const [bytes] = session.poll(10_000);
  const nack = readRtcp(bytes as Uint8Array).find(({ kind }) => kind === 'genericNack') as GenericNack;
  expect(nack.sequences).toEqual(spread.slice(0, 125));
});

test('31 blocks at most, in turn, and a datagram that stays within its size', () => {
  const session = alone({ maxBytes: 1_200 });
  const sources = Array.from({ length: 70 }, (_, index) => session.source(1_000 + index, 90_000, 0));
  const reported = new Set<number>();
  for (let round = 0; round < 10; round++) {
    for (const { reception } of sources) reception.packet(round, 0, 0);
    const [bytes] = session.poll(round * 3_000);
    expect(bytes?.length).toBeLessThanOrEqual(1_200);
    for (const { ssrc } of blocksOf(bytes)) reported.add(ssrc);
  }
  expect(reported.size).toBe(70);
});

test("a receiver's own statistics are reported, also when the source began anew with others", () => {
  const session = alone();
  const lossy = (packets: number): Reception => {
    const reception = new Reception();
    for (let packet = 0; packet < packets; packet++) reception.packet(2 * packet, 0, 0);
    return reception;
  };
  const [one, other] = [lossy(11), lossy(21)];
  expect(session.source(9, 90_000, 0, one).reception).toBe(one);
  expect(session.source(9, 90_000, 0)).toBe(session.source(9, 90_000, 0, one));
  expect(blocksOf(session.poll(0)[0]).map(({ cumulativeLost }) => cumulativeLost)).toEqual([10]);
  session.source(9, 90_000, 1, other);
  expect(blocksOf(session.poll(3_000)[0]).map(({ cumulativeLost }) => cumulativeLost)).toEqual([20]);
});

test('sources that sent nothing since the last report are left out', () => {
  const session = alone();
  const { reception } = session.source(9, 90_000, 0);
  reception.packet(1, 0, 0);
  const blocks = [0, 3_000].map((now) => blocksOf(session.poll(now)[0]));
  expect(blocks.map(({ length }) => length)).toEqual([1, 0]);
});

test('forged members fill a table of 1024 and no more; a source that is received finds room', () => {
  const session = alone();
  for (let ssrc = 10; ssrc < 5_000; ssrc++) session.receive(writeRtcp([report(ssrc)]), 0);
  expect([session.members, session.refusedMembers]).toEqual([1_025, 4_990 - 1_024]);
  expect(session.source(1_000_000, 90_000, 1).ssrc).toBe(1_000_000);
  expect(session.members).toBe(1_025);
});

test('more sources than the limit are an error, until one is forgotten', () => {
  const session = alone({ maxMembers: 3 });
  for (const ssrc of [10, 11, 12]) session.source(ssrc, 90_000, 0);
  expect(() => session.source(13, 90_000, 0)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  session.forgetSource(11);
  expect(session.source(13, 90_000, 0).ssrc).toBe(13);
});

test('somebody else with our SSRC: goodbye under the old one, a new one for us, told once', () => {
  const ssrcChanged = vi.fn();
  let dice = 0;
  const session = alone({ ssrc: 100, events: { ssrcChanged }, random: () => (dice = (dice + 0.37) % 1) });
  session.poll(0);
  session.unitSent(1, 1, 0, 0n, 1);
  session.poll(1);
  const other = writeRtcp([report(100), cnameOnly(100, 'somebody else')]);
  expect(session.receive(other, 20_000)).toBe(false);
  session.receive(other, 20_001);
  expect(session.ssrc).not.toBe(100);
  expect(ssrcChanged.mock.calls).toEqual([[session.ssrc, 100]]);
  const packets = readRtcp(session.poll(20_002)[0] as Uint8Array);
  expect(packets[1]).toEqual({ kind: 'goodbye', sources: [100], reason: 'SSRC collision' });
  expect(packets[2]).toMatchObject({ ssrc: session.ssrc });
});

test('a forged collision does not part the reports from RTP whose SSRC cannot change', () => {
  const session = alone({ ssrc: 100 });
  session.unitSent(1, 1, 0, 0n, 0);
  session.receive(writeRtcp([report(100), cnameOnly(100, 'forger')]), 1);
  expect([session.ssrc, session.statistics.looped]).toEqual([100, 1]);
  expect(readRtcp(session.poll(2)[0] as Uint8Array)[0]).toMatchObject({ kind: 'senderReport', ssrc: 100 });
});

test('a flood of forged collisions changes the SSRC once in 10 s at most', () => {
  const session = alone({ random: Math.random });
  for (let now = 0; now < 30_000; now += 10) {
    session.receive(writeRtcp([report(session.ssrc), cnameOnly(session.ssrc, 'forger')]), now);
  }
  expect(session.statistics.collisions).toBe(3);
});

test('our own packets that come back are a loop, no collision', () => {
  const session = alone();
  const [bytes] = session.poll(0);
  expect(session.receive(bytes as Uint8Array, 1)).toBe(false);
  expect([session.ssrc, session.statistics.looped, session.members]).toEqual([1, 1, 1]);
});

test('rubbish is counted and changes nothing', () => {
  const session = alone();
  for (const bytes of [new Uint8Array(0), new Uint8Array(8), Uint8Array.of(0x81, 201, 0, 1, 0, 0, 0, 9)]) {
    expect(session.receive(bytes, 0)).toBe(false);
  }
  expect([session.members, session.statistics.invalid, session.statistics.received]).toEqual([1, 3, 0]);
});

test('whatever comes from the network, the session goes on, and its datagrams can be read', () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyPacket, { minLength: 1, maxLength: 4 }), { maxLength: 40 }), (datagrams) => {
      const session = alone({ ssrc: 5, random: Math.random, maxMembers: 20 });
      session.unitSent(1, 1, 0, 0n, 0);
      for (const [index, packets] of datagrams.entries()) {
        const now = index * 700;
        session.receive(writeRtcp(packets, 65_507), now);
        session.nack(index, [index], now);
        for (const bytes of session.poll(now)) expect(readRtcp(bytes, { compound: true }).length).toBeGreaterThan(1);
      }
      expect(session.members).toBeLessThanOrEqual(21);
      expect(session.deadline).toBeLessThan(datagrams.length * 700 + 60_000);
    }),
    { numRuns: 200 },
  );
});

test('a receiver follows the clock of a sender whose reports are forged to jump', () => {
  const session = alone();
  const { clock } = session.source(9, 90_000, 0);
  const sent = (ntpTime: bigint, timestamp: number): RtcpPacket => {
    return { kind: 'senderReport', ssrc: 9, ntpTime, timestamp, packets: 1, octets: 1, blocks: [] };
  };
  for (const ntpTime of [1n, 2n ** 64n - 1n, 2n ** 63n, 0n]) session.receive(writeRtcp([sent(ntpTime, 2 ** 31)]), 0);
  session.receive(writeRtcp([sent(ntpFromUnix(timeOrigin), 90_000)]), 1);
  expect(clock.captureTimeOf(180_000)).toBe(timeOrigin + 1_000_000_000n);
});

test.each([
  [{ ssrc: -1 }, 'ssrc'],
  [{ ssrc: 2 ** 32 }, 'ssrc'],
  [{ cname: '' }, 'cname'],
  [{ cname: '\u20ac'.repeat(86) }, 'cname'],
  [{ bandwidth: 0 }, 'bandwidth'],
  [{ maxBytes: 100 }, 'maxBytes'],
  [{ interval: Number.NaN }, 'interval'],
  [{ maxMembers: 0 }, 'maxMembers'],
])('options %o are refused', (options, word) => {
  expect(() => alone(options)).toThrow(word);
});
