import { FramelaneError } from '../error.js';
import { cipherOf } from './key-derivation.js';
import { type KeyExpiry, KeyUsage } from './key-usage.js';
import type { PacketCipher, SrtpPrimitives } from './packet-cipher.js';
import { maxSrtcpPackets, type SrtpKey } from './srtp-key.js';
import type { SrtpSuite } from './suite.js';

/** Bytes of the word of E flag and index in SRTCP (RFC 3711 section 3.4). */
export const controlWordBytes = 4;

/** One master key in use: its ciphers of SRTP and SRTCP, and how often it was used. */
export class KeyEpoch<Cipher extends PacketCipher = PacketCipher> {
  /** What packets are encrypted by. */
  readonly suite: SrtpSuite;
  /** Master key identifier, empty when there is none. */
  readonly mki: Uint8Array;
  /** Cipher of SRTP. */
  readonly media: Cipher;
  /** Cipher of SRTCP. */
  readonly control: Cipher;
  /** Packets of SRTP that it was used for. */
  readonly mediaUsage: KeyUsage;
  /** Packets of SRTCP that it was used for. */
  readonly controlUsage: KeyUsage;

  constructor(primitives: SrtpPrimitives<Cipher>, key: SrtpKey, onExpiring?: (expiry: KeyExpiry) => void) {
    this.suite = key.suite;
    this.mki = key.mki;
    this.media = cipherOf(primitives, key, false);
    this.control = cipherOf(primitives, key, true);
    this.mediaUsage = new KeyUsage('srtp', key.lifetime, onExpiring);
    this.controlUsage = new KeyUsage('srtcp', Math.min(key.lifetime, maxSrtcpPackets), onExpiring);
  }

  /** Bytes that a packet of SRTP has more than one of RTP. */
  get growth(): number {
    return this.suite.tagBytes + this.mki.length;
  }

  /** Bytes that a packet of SRTCP has more than one of RTCP. */
  get controlGrowth(): number {
    return this.suite.controlTagBytes + controlWordBytes + this.mki.length;
  }

  /** Whether the bytes at `at` are this key's identifier. */
  isNamed(memory: Uint8Array, at: number): boolean {
    return this.mki.every((byte, i) => memory[at + i] === byte);
  }

  /** Wipes the keys. */
  close(): void {
    this.media.close();
    this.control.close();
  }
}

/** Where the parts that SRTP adds stand behind a packet of `bytes` (RFC 3711 section 3.1, RFC 7714 section 8.2). */
export function trailerOf({ suite, mki }: Pick<KeyEpoch, 'suite' | 'mki'>): { tag: number; mki: number } {
  return suite.cipher === 'gcm' ? { tag: 0, mki: suite.tagBytes } : { tag: mki.length, mki: 0 };
}

/**
 * The same of SRTCP: counter mode has the word, the identifier and the tag; GCM the tag, the word, the identifier (RFC
 * 3711 section 3.4, RFC 7714 section 9.2).
 */
export function controlTrailerOf({ suite, mki }: Pick<KeyEpoch, 'suite' | 'mki'>): {
  tag: number;
  word: number;
  mki: number;
} {
  if (suite.cipher === 'counter-mode') return { word: 0, mki: controlWordBytes, tag: controlWordBytes + mki.length };
  return { tag: 0, word: suite.controlTagBytes, mki: suite.controlTagBytes + controlWordBytes };
}

/** Keys that replace each other are of one shape, so that packets of both end alike. Throws `SRTP_KEY`. */
export function checkSameShape(old: SrtpKey | KeyEpoch, key: SrtpKey): void {
  if (old.suite === key.suite && old.mki.length === key.mki.length) return;
  const message = `a key of ${key.suite.name} and ${key.mki.length} bytes of MKI cannot follow one of ${old.suite.name} and ${old.mki.length}`;
  throw new FramelaneError('SRTP_KEY', message);
}
