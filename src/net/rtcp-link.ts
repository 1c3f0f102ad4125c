import { randomBytes } from 'node:crypto';
import { type RtcpEvents, RtcpSession } from '../rtp/index.js';
import type { RtpTransport } from './rtp-transport.js';

/** Longest wait for a timer, in ms: what setTimeout takes. */
const longestWait = 2 ** 31 - 1;

/** 32 random bits. */
export function random32(): number {
  return randomBytes(4).readUInt32BE();
}

/** A number of 0 to below 1 that nobody can guess. */
const random = (): number => random32() / 2 ** 32;

/** A name that is the participant's own and says nothing about it (RFC 7022 section 4.2). */
const cname = randomBytes(12).toString('base64');

/** How an {@link RtcpLink} takes part. */
export interface RtcpLinkOptions {
  /** One's own source. */
  readonly ssrc: number;
  /** Ticks a second of one's own timestamps. */
  readonly clockRate: number;
  /** What is told of the others. */
  readonly events: RtcpEvents;
  /** More than two take part. */
  readonly multicast: boolean;
}

/** RTCP of one participant over a transport: gives a session what arrives, sends what it wants to, when it wants to. */
export class RtcpLink {
  /** What is said and heard. */
  readonly session: RtcpSession;
  readonly #transport: RtpTransport;
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(transport: RtpTransport, options: RtcpLinkOptions) {
    const timeOrigin = BigInt(Math.round(performance.timeOrigin * 1e6));
    this.#transport = transport;
    this.session = new RtcpSession({ ...options, cname, random, timeOrigin }, performance.now());
    this.#stop = transport.listenControl((bytes, _, now) => {
      this.session.receive(bytes, now);
      this.schedule();
    });
    this.schedule();
  }

  /** To be called after whatever may have given the session something to say. */
  schedule(): void {
    const due = this.session.deadline ?? Number.POSITIVE_INFINITY;
    if (this.#closed || due === this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    if (due === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(longestWait, Math.max(0, Math.ceil(due - performance.now())));
    this.#timer = setTimeout(() => this.#run(), wait).unref();
  }

  /** Says goodbye, at once: whoever closes does not wait for its turn. */
  close(): void {
    if (this.#closed) return;
    this.session.leave(performance.now());
    this.#send();
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  #run(): void {
    this.#due = Number.NaN;
    this.#send();
    this.schedule();
  }

  #send(): void {
    for (const bytes of this.session.poll(performance.now())) this.#transport.sendControl(bytes);
  }
}
