import { timestampDistance } from '../rtp/index.js';

/** Ticks of an RTP timestamp a second: 90 kHz for all video (RFC 6184, 7798, 9328, 2435). */
const ticksPerSecond = 90_000;

/** Where time begins, in seconds: pictures may come that are shown before the first one that was sent. */
const origin = 60;

/** Timestamps of 32 bits as times that never wrap, in microseconds. */
export class UnitClock {
  #last: number | undefined;
  #ticks = origin * ticksPerSecond;

  /** Microseconds of a timestamp; different timestamps have different ones. */
  microseconds(timestamp: number): number {
    if (this.#last !== undefined) this.#ticks += timestampDistance(this.#last, timestamp);
    this.#last = timestamp;
    return Math.round((this.#ticks * 1e6) / ticksPerSecond);
  }
}
