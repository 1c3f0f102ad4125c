import type { Contract } from './contract.js';
import type { TineTransport } from './protocol.js';
import type { Subrequest } from './request.js';

/** Whoever sends requests from one address and port, or over one connection. */
export interface ServerPeer {
  readonly transport: TineTransport;
  /** The same for the same peer and no other. */
  readonly key: string;
  /** Whether a frame is still on its way to it: until then it gets no other. */
  busy: boolean;
  /** Largest block it takes, in bytes. */
  blockBytes: number;
}

/** Bytes to serve, shared by all who get them. */
export interface ServedData {
  readonly bytes: Uint8Array;
  /** Time stamp of the data, UTC. */
  readonly seconds: number;
  readonly microseconds: number;
}

/** Of which property a subscription is. */
export type ServedProperty = 'image' | 'start-time';

const longestPause = 50;
const shortestRepeat = 100;

/** Frames that a subscription lasts: 60 seconds of them and up to 99 more. `spread` 0..99. */
export function termFrames(interval: number, spread: number): number {
  // The counter is an i16: subscriptions faster than 500 a second last shorter.
  const perSecond = Math.min(500, Math.max(1, Math.floor(1000 / interval)));
  return 60 * perSecond + spread;
}

/**
 * One client's wish for frames, until its counter runs out: a subscription, or a single read that waits.
 *
 * A new frame is sent as soon as it is there, but not sooner than `interval` after the last new one. The same frame is
 * sent again when `interval` (100 ms at least) and a little more have passed: clients take silence for a broken link.
 * The little more keeps a camera that is as fast as the interval from having each frame sent twice.
 */
export class Subscription {
  id: number;
  starttime: number;
  /** Milliseconds between new frames. */
  interval: number;
  counter: number;
  readonly contract: Contract;
  #last: ServedData | undefined;
  #newSentAt = Number.NEGATIVE_INFINITY;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Whether a new frame waits for the peer to have taken the last one. */
  waiting = false;

  constructor(
    readonly peer: ServerPeer,
    readonly property: ServedProperty,
    request: Subrequest,
    readonly single: boolean,
    /** When it began, on the server's clock. */
    readonly since: number,
    interval: number,
    counter: number,
  ) {
    this.contract = request.contract;
    this.id = request.id;
    this.starttime = request.starttime;
    this.interval = interval;
    this.counter = counter;
  }

  /** The same client asks again: the counter starts anew, the rhythm stays. */
  renew(request: Subrequest, interval: number, counter: number): void {
    this.id = request.id;
    this.starttime = request.starttime;
    this.interval = interval;
    this.counter = counter;
  }

  /** When that data is to be sent. */
  dueAt(data: ServedData): number {
    if (data !== this.#last) return this.#newSentAt + this.interval;
    const pause = Math.max(this.interval, shortestRepeat);
    return this.#sentAt + pause + Math.min(longestPause, pause / 4);
  }

  /** Notes that data was sent, and counts. Returns whether the subscription is over. */
  sent(data: ServedData, now: number): boolean {
    if (data !== this.#last) this.#newSentAt = now;
    this.#last = data;
    this.#sentAt = now;
    this.counter--;
    return this.counter <= 0;
  }

  /** When the client is to be told that there is no frame yet. */
  get notReadyAt(): number {
    return Math.max(this.since, this.#sentAt) + Math.max(this.interval, 1000);
  }

  /** Notes that the client was told so. Returns whether the subscription is over. */
  notReady(now: number): boolean {
    this.#sentAt = now;
    this.counter--;
    return this.single || this.counter <= 0;
  }
}
