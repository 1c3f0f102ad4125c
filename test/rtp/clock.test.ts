import fc from 'fast-check';
import { expect, test } from 'vitest';
import { middleOfNtp, ntpFromUnix, ReceiverClock, SenderClock, unixFromNtp } from '../../src/rtp/index.js';

const nsPerSecond = 1_000_000_000n;
const anyTime = fc.bigInt({ min: -700n * 86_400n * nsPerSecond, max: 4_000_000_000n * nsPerSecond });

test('ns since 1970 come back from NTP to the ns, up to 2096', () => {
  fc.assert(
    fc.property(anyTime, (time) => {
      expect(unixFromNtp(ntpFromUnix(time))).toBe(time);
    }),
  );
});

test('NTP timestamps of known instants', () => {
  expect(ntpFromUnix(0n)).toBe(0x83aa_7e80_0000_0000n); // RFC 5905 figure 4
  expect(ntpFromUnix(nsPerSecond / 2n)).toBe(0x83aa_7e80_8000_0000n);
  expect(unixFromNtp(0n)).toBe(2_085_978_496n * nsPerSecond); // 7 February 2036 06:28:16: the next era
  expect(middleOfNtp(0xb44d_b705_2000_0000n)).toBe(0xb705_2000); // RFC 3550 section 6.4.1, figure 2
});

test('timestamps do not drift in 60 days of 59.94 frames a second', () => {
  const clock = new SenderClock(0xffff_0000);
  const start = 1_800_000_000n * nsPerSecond;
  const first = clock.timestampOf(start);
  for (const frame of [1n, 2n, 60_000n, 60_000n * 86_400n - 1n, 60_000n * 86_400n * 60n]) {
    const time = start + (frame * 1001n * nsPerSecond) / 60_000n;
    const exact = (frame * 1001n * 90_000n) / 60_000n;
    const off = Number(BigInt.asIntN(32, BigInt(clock.timestampOf(time)) - BigInt(first) - exact));
    expect(Math.abs(off)).toBeLessThanOrEqual(1);
  }
});

test('a timestamp is the nearest tick, wraps at 2^32, and takes its offset along', () => {
  const clock = new SenderClock(0xffff_ffff);
  expect(clock.timestampOf(0n)).toBe(0xffff_ffff);
  expect(clock.timestampOf(33_333_333n)).toBe(2_999);
  expect(new SenderClock(0).timestampOf(-33_333_333n)).toBe(0x1_0000_0000 - 3_000);
});

test('the sender finds the capture time of its timestamps', () => {
  fc.assert(
    fc.property(anyTime, fc.nat(0xffff_ffff), fc.integer({ min: -3_600, max: 3_600 }), (time, offset, seconds) => {
      const clock = new SenderClock(offset);
      const found = clock.captureTimeOf(clock.timestampOf(time), time + BigInt(seconds) * nsPerSecond);
      expect(Number(found - time)).toBeLessThanOrEqual(5_556);
      expect(Number(found - time)).toBeGreaterThanOrEqual(-5_556); // half a tick
    }),
  );
});

test('before the first sender report the capture time is 0n: nobody knows it', () => {
  const clock = new ReceiverClock();
  expect([clock.synchronized, clock.captureTimeOf(1_000)]).toEqual([false, 0n]);
  clock.senderReport(0n, 1_000); // a sender that has no wall clock
  expect([clock.synchronized, clock.captureTimeOf(1_000)]).toEqual([false, 0n]);
  clock.senderReport(ntpFromUnix(nsPerSecond), 91_000);
  expect([clock.synchronized, clock.captureTimeOf(1_000)]).toEqual([true, 0n]);
  expect(clock.captureTimeOf(181_000)).toBe(2n * nsPerSecond);
});

test('the receiver gets the capture time of the sender, before and after a report, over wraps, within a tick', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.integer({ min: 1, max: 96_000 }), (offset, clockRate) => {
      const sender = new SenderClock(offset, clockRate);
      const receiver = new ReceiverClock(clockRate);
      const tick = 1_000_000_000 / clockRate;
      for (let step = 0n; step < 50n; step++) {
        const time = 1_700_000_000n * nsPerSecond + step * 3_600n * nsPerSecond + step * 12_345n;
        if (step % 7n === 0n) {
          const reported = time - nsPerSecond / 3n;
          receiver.senderReport(ntpFromUnix(reported), sender.timestampOf(reported));
        }
        const off = Number(receiver.captureTimeOf(sender.timestampOf(time)) - time);
        expect(Math.abs(off)).toBeLessThanOrEqual(tick + 1);
      }
    }),
  );
});

test('a report that came 20 hours ago is still right, if units came in between', () => {
  const sender = new SenderClock(0x8000_0000);
  const receiver = new ReceiverClock();
  const start = 1_700_000_000n * nsPerSecond;
  receiver.senderReport(ntpFromUnix(start), sender.timestampOf(start));
  for (let hour = 1n; hour <= 40n; hour++) {
    const time = start + hour * 3_600n * nsPerSecond;
    expect(receiver.captureTimeOf(sender.timestampOf(time))).toBe(time);
  }
});

test('a clock rate that cannot be is refused', () => {
  for (const rate of [0, -1, 1.5, Number.NaN, 2 ** 32]) {
    expect(() => new SenderClock(0, rate)).toThrow('clockRate');
    expect(() => new ReceiverClock(rate)).toThrow('clockRate');
  }
});
