import { Dice } from '../fuzz/dice.js';

/** What a network does to datagrams; shares are of 1. */
export interface NetworkOptions {
  readonly seed: number;
  /** Share of datagrams lost, one by one. */
  readonly loss?: number;
  /** Bursts: chance that one begins with a datagram, and how many datagrams it takes on average. */
  readonly burst?: { readonly chance: number; readonly length: number };
  /** Share of datagrams delivered twice, the second time up to `duplicateMs` later. */
  readonly duplicate?: number;
  readonly duplicateMs?: number;
  /** Share of datagrams held up by up to `reorderMs`, so that others pass. */
  readonly reorder?: number;
  readonly reorderMs?: number;
  /** Time that every datagram takes, and up to how much more, in ms; jitter reorders too. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** Bytes a ms that the narrowest link carries; what exceeds its queue of `queueBytes` is lost. */
  readonly bytesPerMs?: number;
  readonly queueBytes?: number;
}

/** A datagram that arrives. */
export interface Arrival {
  readonly atMs: number;
  readonly datagram: Uint8Array;
}

/** A network without sockets, in virtual time: what a seed does to a stream, it does again. */
export class Network {
  readonly #options: Required<NetworkOptions>;
  readonly #dice: Dice;
  readonly #underWay: Arrival[] = [];
  #burstLeft = 0;
  #linkFreeMs = 0;
  /** How long each datagram was under way that arrives, the first time it does, in ms. */
  readonly carriedMs = new Map<Uint8Array, number>();

  constructor(options: NetworkOptions) {
    this.#options = {
      loss: 0,
      burst: { chance: 0, length: 1 },
      duplicate: 0,
      duplicateMs: 5,
      reorder: 0,
      reorderMs: 5,
      delayMs: 1,
      jitterMs: 0,
      bytesPerMs: Number.POSITIVE_INFINITY,
      queueBytes: 64 << 10,
      ...options,
    };
    this.#dice = new Dice(options.seed);
  }

  /** A datagram is sent. */
  send(datagram: Uint8Array, nowMs: number): void {
    if (this.#isLost()) return;
    const sentMs = this.#throughLink(datagram.length, nowMs);
    if (sentMs === undefined) return;
    const { delayMs, jitterMs, reorder, reorderMs, duplicate, duplicateMs } = this.#options;
    const held = this.#chance(reorder) ? this.#upTo(reorderMs) : 0;
    const atMs = sentMs + delayMs + this.#upTo(jitterMs) + held;
    this.#underWay.push({ atMs, datagram });
    this.carriedMs.set(datagram, atMs - nowMs);
    if (this.#chance(duplicate)) this.#underWay.push({ atMs: atMs + this.#upTo(duplicateMs), datagram });
  }

  /** What arrives up to a time, in that order. */
  arrivals(untilMs: number): Arrival[] {
    const here = this.#underWay.filter(({ atMs }) => atMs <= untilMs).sort((one, other) => one.atMs - other.atMs);
    const later = this.#underWay.filter(({ atMs }) => atMs > untilMs);
    this.#underWay.splice(0, this.#underWay.length, ...later);
    return here;
  }

  #isLost(): boolean {
    const { burst, loss } = this.#options;
    if (this.#burstLeft === 0 && this.#chance(burst.chance))
      this.#burstLeft = 1 + this.#dice.below(2 * burst.length - 1);
    if (this.#burstLeft > 0) {
      this.#burstLeft--;
      return true;
    }
    return this.#chance(loss);
  }

  /** When a datagram leaves the link; undefined when the queue is full. */
  #throughLink(bytes: number, nowMs: number): number | undefined {
    const { bytesPerMs, queueBytes } = this.#options;
    const startMs = Math.max(nowMs, this.#linkFreeMs);
    if ((startMs - nowMs) * bytesPerMs > queueBytes) return undefined;
    this.#linkFreeMs = startMs + bytes / bytesPerMs;
    return this.#linkFreeMs;
  }

  #chance(share: number): boolean {
    return share > 0 && this.#dice.below(1_000_000) < share * 1_000_000;
  }

  #upTo(ms: number): number {
    return ms === 0 ? 0 : (this.#dice.below(1_000_001) / 1_000_000) * ms;
  }
}
