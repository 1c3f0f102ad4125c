import { fromBase64, toBase64 } from '../bytes/index.js';
import { FramelaneError } from '../error.js';
import { type SrtpSuite, type SrtpSuiteName, srtpSuite } from './suite.js';

/** Beside a master key: */
export interface SrtpKeyOptions {
  /** Master key identifier, 1 to 128 bytes, which stands in every packet (RFC 3711 section 3.1); default: none. */
  readonly mki?: Uint8Array;
  /** Packets that it may be used for; default and most: 2^48 of SRTP, 2^31 of SRTCP (RFC 3711 section 9.2). */
  readonly lifetime?: bigint;
}

/** Packets of SRTP that one master key is good for (RFC 3711 section 9.2, RFC 7714 section 14). */
export const maxSrtpPackets = 2 ** 48;

/** Packets of SRTCP that one master key is good for. */
export const maxSrtcpPackets = 2 ** 31;

/** Longest master key identifier: what a description can say (RFC 4568 section 6.1). */
const maxMkiBytes = 128;

/**
 * A master key with its salt, and what it is for. The bytes cannot be seen from outside but by {@link expose}: they are
 * in no message, no JSON and nothing that is printed.
 */
export class SrtpKey {
  /** What packets are encrypted by. */
  readonly suite: SrtpSuite;
  /** Master key identifier; empty when there is none. */
  readonly mki: Uint8Array;
  /** Packets of SRTP that it may be used for. */
  readonly lifetime: number;
  readonly #bytes: Uint8Array;
  #wiped = false;

  /** `keyAndSalt` is copied: key and salt one after the other, as long as the suite wants them. Throws `SRTP_KEY`. */
  constructor(suite: SrtpSuiteName, keyAndSalt: Uint8Array, { mki, lifetime }: SrtpKeyOptions = {}) {
    this.suite = srtpSuite(suite);
    // Not slice(): that of a Buffer is a view of the same memory.
    this.mki = new Uint8Array(mki ?? []);
    this.lifetime = Math.min(Number(lifetime ?? maxSrtpPackets), maxSrtpPackets);
    checkOptions(mki, this.lifetime);
    const { keyBytes, saltBytes } = this.suite;
    if (keyAndSalt.length !== keyBytes + saltBytes) {
      const wanted = `${keyBytes} bytes of key and ${saltBytes} of salt`;
      throw new FramelaneError('SRTP_KEY', `${suite} takes ${wanted}, and ${keyAndSalt.length} were given`);
    }
    this.#bytes = new Uint8Array(keyAndSalt);
  }

  /** A key written as base64, as in a description (RFC 4568 section 6.1). Throws `SRTP_KEY`. */
  static fromBase64(suite: SrtpSuiteName, text: string, options?: SrtpKeyOptions): SrtpKey {
    const bytes = fromBase64(text.trim());
    if (bytes === undefined) throw new FramelaneError('SRTP_KEY', 'the key is no base64 text');
    const key = new SrtpKey(suite, bytes, options);
    bytes.fill(0);
    return key;
  }

  /** The secret itself: a copy of key and salt. Whoever asks for it wipes it. Throws `SRTP_KEY` after {@link wipe}. */
  expose(): Uint8Array {
    if (this.#wiped) throw new FramelaneError('SRTP_KEY', 'the key was wiped: make another');
    return new Uint8Array(this.#bytes);
  }

  /** The secret as base64. */
  toBase64(): string {
    const bytes = this.expose();
    const text = toBase64(bytes);
    bytes.fill(0);
    return text;
  }

  /** Overwrites it. What was made from it goes on. */
  wipe(): void {
    this.#wiped = true;
    this.#bytes.fill(0);
  }

  /** Says the suite alone. */
  toString(): string {
    return `SrtpKey(${this.suite.name})`;
  }
}

function checkOptions(mki: Uint8Array | undefined, lifetime: number): void {
  if (mki !== undefined && (mki.length === 0 || mki.length > maxMkiBytes)) {
    throw new FramelaneError('SRTP_KEY', `a master key identifier has 1 to ${maxMkiBytes} bytes, not ${mki.length}`);
  }
  if (!(lifetime >= 1)) throw new FramelaneError('SRTP_KEY', 'a key that may be used for no packet');
}
