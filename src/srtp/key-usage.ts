import { FramelaneError } from '../error.js';

/** A key will soon have been used for as many packets as it may be. */
export interface KeyExpiry {
  /** What is counted. */
  readonly kind: 'srtp' | 'srtcp';
  /** Packets so far. */
  readonly used: number;
  /** Packets that it may be used for. */
  readonly limit: number;
}

/** Part of its lifetime after which a key should be replaced. */
const warningAt = 0.9;

/** Counts what a key is used for (RFC 3711 section 9.2): tells in time, and stops at the end. */
export class KeyUsage {
  /** Packets so far. */
  used = 0;
  readonly #kind: KeyExpiry['kind'];
  readonly #limit: number;
  readonly #onExpiring: ((expiry: KeyExpiry) => void) | undefined;
  #told = false;

  constructor(kind: KeyExpiry['kind'], limit: number, onExpiring?: (expiry: KeyExpiry) => void) {
    this.#kind = kind;
    this.#limit = limit;
    this.#onExpiring = onExpiring;
  }

  /** Counts packets before they are encrypted. Throws `SRTP_KEY_USED_UP`: then none of them may be. */
  count(packets: number): void {
    const used = this.used + packets;
    if (used > this.#limit) {
      const message = `the key was used for ${this.used} of ${this.#limit} packets of ${this.#kind}: give another (rekey)`;
      throw new FramelaneError('SRTP_KEY_USED_UP', message, { used: this.used, limit: this.#limit });
    }
    this.used = used;
    if (this.#told || used < warningAt * this.#limit) return;
    this.#told = true;
    this.#onExpiring?.({ kind: this.#kind, used, limit: this.#limit });
  }
}
