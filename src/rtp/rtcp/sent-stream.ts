import { divideRounded, middleOfNtp, ntpFromUnix } from '../clock.js';
import type { ReportBlock } from './report-block.js';
import type { SenderReport } from './sender-report.js';

/** Reports that are remembered for the round trip. */
const rememberedReports = 16;
const nsPerMs = 1_000_000n;

/**
 * Capture times further from the clock than that, in ns, are those of another day: a recording. Their distance in RTP
 * ticks would be ambiguous (2^31 ticks of 90 kHz are 6.6 hours), so reports then count time as the recording does.
 */
const anotherDay = 3_600_000_000_000n;

/** What one sends oneself: the sender's part of reports, and the round trip by what is reported back. */
export class SentStream {
  readonly #rate: bigint;
  readonly #timeOrigin: bigint;
  readonly #reports: { readonly middle: number; readonly at: number }[] = [];
  #packets = 0;
  #octets = 0;
  /** The last unit: RTP timestamp, capture time in ns since 1970, when it was sent in ms. */
  #timestamp = 0;
  #captureTime = 0n;
  #sentAt: number | undefined;

  /** `timeOrigin`: ns since 1970 when the session's clock of ms was 0. */
  constructor(clockRate: number, timeOrigin: bigint) {
    this.#rate = BigInt(clockRate);
    this.#timeOrigin = timeOrigin;
  }

  /** When the last unit was sent, in ms; undefined: nothing was. */
  get sentAt(): number | undefined {
    return this.#sentAt;
  }

  /** A unit goes out. `captureTime` 0n: taken now. */
  sent(packets: number, payloadBytes: number, timestamp: number, captureTime: bigint, now: number): void {
    this.#packets = (this.#packets + packets) >>> 0;
    this.#octets = (this.#octets + payloadBytes) >>> 0;
    this.#timestamp = timestamp;
    this.#captureTime = captureTime === 0n ? this.#wallClock(now) : captureTime;
    this.#sentAt = now;
  }

  /** Counts from 0 again: under a new SSRC. */
  reset(): void {
    this.#packets = 0;
    this.#octets = 0;
    this.#reports.length = 0;
  }

  /** The report of one who sends. */
  report(ssrc: number, blocks: readonly ReportBlock[], now: number): SenderReport {
    const time = this.#reportTime(now);
    const ntpTime = ntpFromUnix(time);
    this.#reports.push({ middle: middleOfNtp(ntpTime), at: now });
    if (this.#reports.length > rememberedReports) this.#reports.shift();
    const ticks = divideRounded((time - this.#captureTime) * this.#rate, 1_000_000_000n);
    const timestamp = Number(BigInt.asUintN(32, BigInt(this.#timestamp) + ticks));
    return { kind: 'senderReport', ssrc, ntpTime, timestamp, packets: this.#packets, octets: this.#octets, blocks };
  }

  /** Round trip in ms by a block about oneself; undefined when it speaks of no report that is remembered. */
  roundTrip(block: ReportBlock, now: number): number | undefined {
    const report = this.#reports.findLast(({ middle }) => middle === block.lastReport);
    if (block.lastReport === 0 || report === undefined) return undefined;
    return Math.max(0, now - report.at - (block.delaySinceLastReport * 1000) / 65_536);
  }

  #wallClock(now: number): bigint {
    return this.#timeOrigin + BigInt(Math.round(now * 1e6));
  }

  #reportTime(now: number): bigint {
    const wall = this.#wallClock(now);
    const age = wall - this.#captureTime;
    if (age < anotherDay && age > -anotherDay) return wall;
    return this.#captureTime + BigInt(Math.round(now - (this.#sentAt ?? now))) * nsPerMs;
  }
}
