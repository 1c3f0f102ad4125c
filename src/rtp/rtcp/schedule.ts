import { calculatedInterval, type Group, randomizedInterval } from './interval.js';

/** Nobody reports more often than that on average (RFC 3550 section 6.2), in ms. */
const standardMinimum = 5_000;
/** The first interval's minimum where feedback is immediate (RFC 4585 section 3.4), in ms. */
const firstFeedbackMinimum = 1_000;
/** From so many members on, leaving is done slowly (RFC 3550 section 6.3.7). */
const crowd = 50;

/** What the timing of RTCP depends on. */
export interface ScheduleOptions {
  /** Bytes of RTCP a second, of all participants together. */
  readonly bandwidth: number;
  /** Whether feedback may go out early (RFC 4585, profile AVPF). */
  readonly feedback: boolean;
  /** AVP: the least mean time between two reports, in ms. AVPF: T_rr_interval, about the time between two reports. */
  readonly minimumMs: number;
  /** Whether others listen in, so that nobody may be in a hurry. */
  readonly multicast: boolean;
  /** Bytes of the first packet, IP and UDP headers included. */
  readonly firstBytes: number;
  /** 0 to below 1. */
  readonly random: () => number;
}

/** What is to be sent now. */
export type Due = 'report' | 'feedback' | undefined;

/**
 * When to send RTCP: RFC 3550 section 6.3 and A.7, with RFC 4585 section 3.5 for early feedback. Times are ms of any
 * clock. It knows nothing of what is sent.
 *
 * The clock ticks at {@link Schedule.deadline | tn}. By AVP each tick is a report. By AVPF ticks come as often as the
 * bandwidth allows; most of them are left out, for reports need not come more often than `minimumMs`. A tick carries
 * feedback, if there is any, and between two ticks one early packet may do so.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  #previous: number;
  #next: number;
  #averageBytes: number;
  /** Members at the last tick. */
  #members = 1;
  #initial = true;
  #immediate: boolean;
  #leaving = false;
  /** By AVPF: the last report, the pause behind it, whether feedback may be early, and when it is. */
  #lastReport: number | undefined;
  #pause = 0;
  #mayBeEarly = true;
  #early: number | undefined;

  /** Point to point the first report may go out at once (RFC 3550 section 6.2). */
  constructor(options: ScheduleOptions, now: number) {
    this.#options = options;
    this.#averageBytes = options.firstBytes;
    this.#immediate = !options.multicast;
    this.#previous = now;
    this.#next = now + this.#interval({ members: 1, senders: 0, weSent: false });
  }

  /** Average bytes of RTCP datagrams, IP and UDP headers included. */
  get averageBytes(): number {
    return this.#averageBytes;
  }

  /** When {@link due} is to be asked again. `pending`: whether feedback waits. */
  deadline(pending: boolean): number {
    if (this.#immediate) return this.#previous;
    if (pending) return Math.min(this.#early ?? this.#next, this.#next);
    if (!this.#options.feedback || this.#leaving || this.#lastReport === undefined) return this.#next;
    return Math.max(this.#next, this.#lastReport + this.#pause);
  }

  /** Takes a datagram, received or sent, into the average; `bytes` includes IP and UDP headers. */
  passed(bytes: number): void {
    this.#averageBytes += (bytes - this.#averageBytes) / 16;
  }

  /** A report is worth sending at once: the first unit goes out. Not where others listen in. */
  hurry(): void {
    if (!this.#options.multicast && !this.#leaving) this.#immediate = true;
  }

  /** Somebody left: reverse reconsideration (RFC 3550 section 6.3.4), so that the few who stay do not wait for long. */
  shrunk(now: number, members: number): void {
    if (this.#leaving || members >= this.#members) return;
    const share = members / this.#members;
    this.#next = now + share * (this.#next - now);
    this.#previous = now - share * (now - this.#previous);
    this.#members = members;
  }

  /** New feedback waits: decides whether it may go before the next tick (RFC 4585 section 3.5.2). */
  wanted(now: number, members: number): void {
    if (!this.#options.feedback || this.#leaving || this.#early !== undefined || !this.#mayBeEarly) return;
    const alone = !this.#options.multicast && members <= 2;
    const dither = alone ? 0 : 0.5 * (this.#next - this.#previous) * this.#options.random();
    if (now + dither < this.#next) this.#early = now + dither;
  }

  /** Says goodbye: at once in a small group, or when the others' goodbyes leave room (RFC 3550 section 6.3.7). */
  leave(now: number, members: number, bytes: number): void {
    this.#leaving = true;
    this.#immediate = members < crowd;
    this.#initial = true;
    this.#averageBytes = bytes;
    this.#members = 1;
    this.#previous = now;
    this.#next = now + this.#interval({ members: 1, senders: 0, weSent: false });
  }

  /** What is to be sent at `now`; takes it as sent. `pending`: whether feedback waits. */
  due(now: number, group: Group, pending: boolean): Due {
    if (this.#immediate) {
      this.#immediate = false;
      return this.#tick(now, group, pending, true);
    }
    if (this.#early !== undefined && now >= this.#early) {
      this.#early = undefined;
      if (pending) return this.#sendEarly();
    }
    if (now < this.#next) return;
    const reconsidered = this.#previous + this.#interval(group);
    if (reconsidered <= now) return this.#tick(now, group, pending, false);
    this.#next = reconsidered;
    this.#members = group.members;
  }

  #sendEarly(): Due {
    const interval = this.#next - this.#previous;
    this.#mayBeEarly = false;
    this.#previous = this.#next;
    this.#next += interval;
    return 'feedback';
  }

  #tick(now: number, group: Group, pending: boolean, forced: boolean): Due {
    const first = this.#initial;
    this.#initial = false;
    this.#previous = now;
    this.#next = now + this.#interval(group);
    this.#members = group.members;
    this.#mayBeEarly = true;
    this.#early = undefined;
    const silent = this.#lastReport !== undefined && now < this.#lastReport + this.#pause;
    if (this.#options.feedback && !this.#leaving && silent && !forced && !first) {
      return pending ? 'feedback' : undefined;
    }
    this.#lastReport = now;
    this.#pause = this.#options.minimumMs * (0.5 + this.#options.random());
    return 'report';
  }

  #interval(group: Group): number {
    const { bandwidth, random } = this.#options;
    return randomizedInterval(calculatedInterval(group, this.#averageBytes, bandwidth, this.#minimum()), random());
  }

  /** The first interval is half as long, by RFC 3550; by RFC 4585 only it has a minimum. */
  #minimum(): number {
    const { feedback, minimumMs } = this.#options;
    if (this.#leaving) return this.#initial ? standardMinimum / 2 : standardMinimum;
    if (feedback) return this.#initial ? firstFeedbackMinimum : 0;
    return this.#initial ? minimumMs / 2 : minimumMs;
  }
}
