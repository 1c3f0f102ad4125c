/** How the packets of a unit are spread in time. */
export interface PaceOptions {
  /** Milliseconds from unit to unit; left out, it is learnt from when units come. */
  readonly interval?: number;
  /** Bits a second that packets leave with, instead of spreading them over the interval. */
  readonly bitsPerSecond?: number;
  /** Part of the interval that a unit is spread over, 0..1; default 0.75. */
  readonly spread?: number;
}

/** Taken for the interval until two units have come, in ms. */
const firstInterval = 10;
/** No unit is spread over more than this part of a second, however rarely units come: it would only be late. */
const longestInterval = 100;
/** Weight of the newest interval in the one that is learnt. */
const learning = 1 / 8;
/** So late, in ms, a timer may be without costing bit rate. */
const timerSlack = 2;
/**
 * Bytes and packets that leave together. Longer trains cost less, but a receiver's socket, which by default has 208 KB for
 * packets and their bookkeeping, must have room for those of a millisecond or two. What is late leaves as one anyway.
 */
const trainBytes = 65_507;
const trainPackets = 16;

/**
 * Says which packets of a unit may leave when: whole trains, at even distances over a part of the time between two units,
 * so that switches and receivers on the way need not hold a unit at once. Owns no clock; times are ms of any one clock.
 *
 * It cannot fall behind: a unit ends before the next one is due, and when the next is there early, what is left of it goes
 * at once (`hurry`), unless the bit rate was fixed; then the queue of the socket pushes back.
 */
export class Pacer {
  readonly #options: PaceOptions;
  #interval: number;
  #arrival: number | undefined;
  #start = 0;
  #span = 0;
  #packets = 0;
  #trains = 1;
  #perTrain = 1;

  constructor(options: PaceOptions = {}) {
    this.#options = options;
    this.#interval = options.interval ?? firstInterval;
  }

  /** Milliseconds from unit to unit, as given or as learnt. */
  get interval(): number {
    return this.#interval;
  }

  /** A unit has come, and may have to wait for others. */
  arrive(now: number): void {
    const passed = this.#arrival === undefined ? undefined : now - this.#arrival;
    this.#arrival = now;
    if (passed === undefined || this.#options.interval !== undefined) return;
    this.#interval += (Math.min(passed, longestInterval) - this.#interval) * learning;
  }

  /** The unit is next: `packets` of `bytes` in all. Its first train may leave now. */
  begin(packets: number, bytes: number, now: number): void {
    const { bitsPerSecond, spread = 0.75 } = this.#options;
    this.#packets = packets;
    this.#perTrain = Math.max(1, Math.min(trainPackets, Math.floor((trainBytes * packets) / Math.max(1, bytes))));
    this.#trains = Math.max(1, Math.ceil(packets / this.#perTrain));
    // A fixed rate counts from where the last unit ends, also when a timer let that pass by: timers are good to a millisecond.
    const end = this.#start + this.#span;
    this.#start = bitsPerSecond === undefined || end < now - timerSlack ? now : end;
    this.#span = bitsPerSecond === undefined ? this.#interval * spread : (8000 * bytes) / bitsPerSecond;
  }

  /** Packets of the unit that may have left by now. `hurry`: another unit waits. */
  due(now: number, hurry: boolean): number {
    if (hurry && this.#options.bitsPerSecond === undefined) return this.#packets;
    return Math.min(this.#packets, this.#trainsDue(now) * this.#perTrain);
  }

  /** When more will be due. */
  next(now: number): number {
    return this.#start + (this.#trainsDue(now) * this.#span) / this.#trains;
  }

  #trainsDue(now: number): number {
    const passed = now - this.#start;
    if (passed < 0) return 0;
    if (passed >= this.#span) return this.#trains;
    return Math.floor((passed * this.#trains) / this.#span) + 1;
  }
}
