import { FramelaneError } from '../error.js';
import { timestampDistance } from './sequence.js';

const nsPerSecond = 1_000_000_000n;
const fraction32 = 1n << 32n;

/** Seconds from 1900, where NTP counts from, to 1970 (RFC 5905 figure 4). */
const secondsFrom1900To1970 = 2_208_988_800n;

/** An NTP timestamp whose first bit is 0 lies in the era that begins in 2036 (RFC 4330 section 3). */
const nextEra = 1n << 63n;

/** ns since 1970 as a 64-bit NTP timestamp: seconds in the upper, 2^-32 s in the lower 32 bits (RFC 3550 section 4). */
export function ntpFromUnix(time: bigint): bigint {
  const fixed = divideRounded(time * fraction32, nsPerSecond);
  return BigInt.asUintN(64, fixed + secondsFrom1900To1970 * fraction32);
}

/** The ns since 1970 of a 64-bit NTP timestamp, between 1968 and 2104; exact for whatever {@link ntpFromUnix} made. */
export function unixFromNtp(ntp: bigint): bigint {
  const era = ntp < nextEra ? 1n << 64n : 0n;
  return divideRounded((ntp + era - secondsFrom1900To1970 * fraction32) * nsPerSecond, fraction32);
}

/** The middle 32 bits of an NTP timestamp: units of 1/65536 s, for LSR and round trips (RFC 3550 section 4). */
export function middleOfNtp(ntp: bigint): number {
  return Number((ntp >> 16n) & 0xffff_ffffn);
}

/** Rounded to the nearest, halves up; also for negative numbers, where bigint division would round towards zero. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const doubled = 2n * dividend + divisor;
  const quotient = doubled / (2n * divisor);
  return doubled < 0n && quotient * 2n * divisor !== doubled ? quotient - 1n : quotient;
}

function checkClockRate(clockRate: number): bigint {
  if (!Number.isInteger(clockRate) || clockRate < 1 || clockRate > 0xffff_ffff) {
    throw new FramelaneError('BAD_ARGUMENT', `clockRate ${clockRate} is not a whole number of Hz from 1 to 2^32 - 1`);
  }
  return BigInt(clockRate);
}

/**
 * RTP timestamps of a sender: `captureTime * clockRate + offset` modulo 2^32, exact, so that it does not drift in weeks
 * and any captureTime has its timestamp without a state.
 */
export class SenderClock {
  /** Ticks a second. */
  readonly clockRate: number;
  /** Timestamp of the ns 0 of 1970: random, that timestamps give nothing away (RFC 3550 section 5.1). */
  readonly offset: number;
  readonly #rate: bigint;
  readonly #offset: bigint;

  /** `offset` is a random number of 32 bits. */
  constructor(offset: number, clockRate = 90_000) {
    this.#rate = checkClockRate(clockRate);
    this.clockRate = clockRate;
    this.offset = offset >>> 0;
    this.#offset = BigInt(this.offset);
  }

  /** RTP timestamp of a time in ns since 1970, to the nearest tick. */
  timestampOf(captureTime: bigint): number {
    const ticks = divideRounded(captureTime * this.#rate, nsPerSecond) + this.#offset;
    return Number(BigInt.asUintN(32, ticks));
  }

  /** The time in ns since 1970 of an RTP timestamp: of all that share it, the one nearest to `near`. */
  captureTimeOf(timestamp: number, near: bigint): bigint {
    const ticks = divideRounded(near * this.#rate, nsPerSecond);
    const distance = timestampDistance(Number(BigInt.asUintN(32, ticks + this.#offset)), timestamp);
    return divideRounded((ticks + BigInt(distance)) * nsPerSecond, this.#rate);
  }
}

/**
 * Capture times of a receiver, from what the sender's reports say of both its clocks.
 *
 * Before the first report nobody knows when a picture was taken, and the time is 0n, as everywhere in Framelane. An
 * estimate from arrival times would be off by the network's and the encoder's delay and would jump with the first
 * report; a user who wants one has the arrival time. A sender without a wall clock (NTP timestamp 0, RFC 3550 section
 * 6.4.1) leaves it at 0n.
 */
export class ReceiverClock {
  /** Ticks a second. */
  readonly clockRate: number;
  readonly #rate: bigint;
  /** The newest timestamp seen, counted on across wraps; a double holds 3,000 years of 90 kHz. */
  #newest: number | undefined;
  /** Time of the last report in ns since 1970, and its timestamp, counted like {@link #newest}. */
  #reportTime = 0n;
  #reportTicks = 0;

  constructor(clockRate = 90_000) {
    this.#rate = checkClockRate(clockRate);
    this.clockRate = clockRate;
  }

  /** Whether capture times are known by now. */
  get synchronized(): boolean {
    return this.#reportTime !== 0n;
  }

  /** Takes note of a sender report: the same instant on the NTP clock (64 bits) and on the RTP clock (32 bits). */
  senderReport(ntpTime: bigint, timestamp: number): void {
    if (ntpTime === 0n) return;
    this.#reportTicks = this.#extend(timestamp);
    this.#reportTime = unixFromNtp(ntpTime);
  }

  /**
   * When the unit with this RTP timestamp was taken, in ns since 1970; 0n before the first report. To be called with the
   * units in about the order of their timestamps: then it is right however long ago the last report was.
   */
  captureTimeOf(timestamp: number): bigint {
    const ticks = this.#extend(timestamp);
    if (this.#reportTime === 0n) return 0n;
    return this.#reportTime + divideRounded(BigInt(ticks - this.#reportTicks) * nsPerSecond, this.#rate);
  }

  #extend(timestamp: number): number {
    this.#newest ??= timestamp;
    const ticks = this.#newest + timestampDistance(this.#newest, timestamp);
    if (ticks > this.#newest) this.#newest = ticks;
    return ticks;
  }
}
