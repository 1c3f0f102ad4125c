import { FramelaneError } from '../error.js';

/** A sequence number this far ahead of the highest, or more, is no loss but a new beginning (RFC 3550 A.1: 3000). */
const maxDropout = 16_384;
/** A packet may be this late; RFC 3550 A.1 says 100, of which a burst at 100,000 packets a second makes nothing. */
const maxMisorder = 3_000;

/** A report's loss count has 24 bits with sign (RFC 3550 section 6.4.1). */
const mostLost = 0x7f_ffff;
const leastLost = -0x80_0000;

/** What is left of the jitter after so many packets without any: (15/16)^n, after 512 nothing. */
const decay = Float64Array.from({ length: 512 }, (_, packets) => (15 / 16) ** packets);

/** What a report block says of a source (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  /** Share of packets lost since the report before, in 1/256. */
  readonly fractionLost: number;
  /** Packets lost since the beginning, -2^23 to 2^23 - 1; below 0 when duplicates outnumber losses. */
  readonly cumulativeLost: number;
  /** Highest sequence number; the upper 16 bits count the wraps. */
  readonly highestSequence: number;
  /** Interarrival jitter, in ticks of the stream's clock. */
  readonly jitter: number;
}

/**
 * Reception statistics of one source: RFC 3550 A.1, A.3, A.8. Unlike A.1 it does not put a source on probation: the
 * first packet counts, for of a video stream it is the one that the decoder cannot do without. Nothing is allocated and
 * nothing thrown for a packet.
 */
export class Reception {
  readonly #ticksPerMs: number;
  #started = false;
  /** Highest extended sequence number, and the one that counting began with. */
  #highest = 0;
  #base = 0;
  /** Packets received in all, duplicates too, and those that were expected before the source began anew. */
  #received = 0;
  #expectedBefore = 0;
  /** Where the source would begin anew if the next packet follows the one that jumped; -1: nowhere. */
  #awaited = -1;
  /** Arrival minus timestamp of the last packet, in ticks modulo 2^32, and the jitter made of its changes. */
  #transit = 0;
  #jitter = 0;
  /** As of the last {@link report}. */
  #expectedPrior = 0;
  #receivedPrior = 0;

  /** `clockRate` in Hz is that of the stream's RTP timestamps. */
  constructor(clockRate = 90_000) {
    if (!(clockRate > 0)) throw new FramelaneError('BAD_ARGUMENT', `clockRate ${clockRate} is not above 0 Hz`);
    this.#ticksPerMs = clockRate / 1000;
  }

  /** Packets received, duplicates too. */
  get received(): number {
    return this.#received;
  }

  /** Packets that should have come, by their sequence numbers. */
  get expected(): number {
    return this.#expectedBefore + (this.#started ? this.#highest - this.#base + 1 : 0);
  }

  /** Packets that did not come; below 0 when there were more duplicates. */
  get lost(): number {
    return this.expected - this.#received;
  }

  /** Highest sequence number, 65536 more a wrap; what a report sends is modulo 2^32. */
  get highestSequence(): number {
    return this.#highest;
  }

  /** Interarrival jitter in ticks of the stream's clock, a smoothed mean deviation (RFC 3550 A.8). */
  get jitter(): number {
    return this.#jitter;
  }

  /** Takes note of a packet: its 16-bit sequence number, its RTP timestamp, its arrival in ms of any clock. */
  packet(sequence: number, timestamp: number, arrivalMs: number): void {
    this.run(sequence, 1, timestamp, arrivalMs);
  }

  /** Takes note of `count` packets with consecutive sequence numbers, of one timestamp, that arrived together. */
  run(sequence: number, count: number, timestamp: number, arrivalMs: number): void {
    const transit = (arrivalMs * this.#ticksPerMs - timestamp) | 0;
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead === 1 && this.#started) {
      this.#highest += count;
      this.#received += count;
    } else if (!this.#unusual(sequence, count, ahead, transit)) return;
    const change = (transit - this.#transit) | 0;
    this.#transit = transit;
    this.#jitter += ((change < 0 ? -change : change) - this.#jitter) / 16;
    if (count > 1) this.#jitter *= decay[Math.min(count - 1, decay.length - 1)] as number;
  }

  /** The next report's numbers; the next `fractionLost` counts from here on. */
  report(): ReceptionReport {
    const expected = this.expected - this.#expectedPrior;
    const lost = expected - (this.#received - this.#receivedPrior);
    this.#expectedPrior = this.expected;
    this.#receivedPrior = this.#received;
    return {
      fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      cumulativeLost: Math.max(leastLost, Math.min(mostLost, this.lost)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.floor(this.#jitter) >>> 0,
    };
  }

  /** Everything that is not the next packet. Says whether it counts. */
  #unusual(sequence: number, count: number, ahead: number, transit: number): boolean {
    const distance = ahead < maxDropout ? ahead : ahead - 0x1_0000;
    if (!this.#started) {
      this.#begin(sequence, transit);
      this.#span(sequence, count);
    } else if (distance > -maxMisorder) this.#span(this.#highest + distance, count);
    else if (sequence === this.#awaited || count > 1) this.#beginAgain(this.#highest + ahead, count, transit);
    else {
      this.#awaited = (sequence + 1) & 0xffff;
      return false;
    }
    return true;
  }

  #begin(first: number, transit: number): void {
    this.#started = true;
    this.#base = first;
    this.#highest = first;
    this.#transit = transit;
    this.#awaited = -1;
  }

  /** Counts packets from an extended number on, which may be late ones, even from before the first. */
  #span(first: number, count: number): void {
    this.#base = Math.min(this.#base, first);
    this.#highest = Math.max(this.#highest, first + count - 1);
    this.#received += count;
  }

  /** A second packet follows one that jumped, so the source has begun anew; what was lost before stays lost. */
  #beginAgain(first: number, count: number, transit: number): void {
    const follows = (first & 0xffff) === this.#awaited;
    this.#expectedBefore = this.expected;
    this.#begin(follows ? first - 1 : first, transit);
    this.#span(first, count);
    if (follows) this.#received++;
  }
}
