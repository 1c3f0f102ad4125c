import { RtcpSession, type RtcpSessionOptions } from '../../../src/rtp/index.js';
import { Dice } from '../../fuzz/dice.js';

/** A datagram that was sent, in ms of the conference's clock. */
export interface Sent {
  readonly at: number;
  readonly from: RtcpSession;
  readonly bytes: Uint8Array;
}

/** Sessions that hear one another after a delay, on a clock that jumps from event to event. */
export class Conference {
  now = 0;
  readonly sent: Sent[] = [];
  readonly sessions: RtcpSession[] = [];
  readonly #way: { readonly at: number; readonly to: RtcpSession; readonly bytes: Uint8Array }[] = [];
  readonly #dice: Dice;

  constructor(
    seed = 1,
    private readonly delayMs = 10,
  ) {
    this.#dice = new Dice(seed);
  }

  readonly random = (): number => this.#dice.below(2 ** 32) / 2 ** 32;

  join(options: Partial<RtcpSessionOptions> = {}): RtcpSession {
    const ssrc = options.ssrc ?? this.#dice.below(2 ** 32);
    const { random } = this;
    const session = new RtcpSession({ ssrc, cname: `member-${ssrc}`, random, timeOrigin, ...options }, this.now);
    this.sessions.push(session);
    return session;
  }

  /** Nothing of it is heard any more, nor does it hear. */
  vanish(session: RtcpSession): void {
    this.sessions.splice(this.sessions.indexOf(session), 1);
  }

  /** Lets so many ms pass. */
  run(ms: number): void {
    const end = this.now + ms;
    for (let next = this.#next(); next <= end; next = this.#next()) {
      this.now = Math.max(this.now, next);
      this.#deliver();
      for (const session of this.sessions) for (const bytes of session.poll(this.now)) this.#send(session, bytes);
    }
    this.now = end;
  }

  #next(): number {
    const deadlines = this.sessions.map(({ deadline }) => deadline ?? Number.POSITIVE_INFINITY);
    return Math.min(...deadlines, this.#way[0]?.at ?? Number.POSITIVE_INFINITY);
  }

  #send(from: RtcpSession, bytes: Uint8Array): void {
    this.sent.push({ at: this.now, from, bytes });
    for (const to of this.sessions) if (to !== from) this.#way.push({ at: this.now + this.delayMs, to, bytes });
  }

  #deliver(): void {
    while (this.#way[0] !== undefined && this.#way[0].at <= this.now) {
      const arrived = this.#way.shift();
      if (arrived !== undefined && this.sessions.includes(arrived.to)) arrived.to.receive(arrived.bytes, this.now);
    }
  }
}

/** ns since 1970 at the conference's 0 ms. */
export const timeOrigin = 1_750_000_000_000_000_000n;
