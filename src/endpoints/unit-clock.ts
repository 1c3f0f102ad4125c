import { timestampDistance } from '../rtp/index.js';

/** Ticks of an RTP timestamp a second: 90 kHz for all video (RFC 6184, 7798, 9328, 2435). */
const ticksPerSecond = 90_000;

/** Where time begins, in ticks: pictures may come that are shown before the first one that was sent. */
const origin = 60 * ticksPerSecond;

/** Furthest that a timestamp lies behind an earlier one because pictures come out of order: 16 of them, 4 a second. */
const furthestBack = 4 * ticksPerSecond;

/** Ticks between two streams that follow one another. */
const betweenStreams = ticksPerSecond / 30;

/** Timestamps of 32 bits as times that never wrap, in microseconds. A sender that begins anew is gone on with. */
export class UnitClock {
  #last: number | undefined;
  #ticks = origin;
  #highest = origin;

  /** Microseconds of a timestamp; different timestamps have different ones. */
  microseconds(timestamp: number): number {
    if (this.#last !== undefined) this.#ticks += timestampDistance(this.#last, timestamp);
    if (this.#ticks < this.#highest - furthestBack) this.#ticks = this.#highest + betweenStreams;
    this.#last = timestamp;
    this.#highest = Math.max(this.#highest, this.#ticks);
    return Math.round((this.#ticks * 1e6) / ticksPerSecond);
  }
}
