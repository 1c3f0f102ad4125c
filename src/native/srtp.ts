import type { NativePacketTransform } from './udp.js';

/** A cipher with its session keys, which C++ holds; collected or closed, they are wiped. */
export interface NativeSrtpCipher {
  readonly nativeSrtpCipher: never;
}

/** Ciphers of SRTP: OpenSSL as node exports it, and this processor's instructions where they are faster. */
export interface SrtpNative {
  /** What packets are encrypted by on this machine: `vaes sha-ni`, `openssl` and so on; empty: SRTP cannot be had here. */
  srtpKernels(): string;
  /** XORs AES-CTR's key stream from counter block `iv` (16 bytes) on into `data`. False: it cannot be had. */
  srtpCounterMode(key: Uint8Array, iv: Uint8Array, data: Uint8Array): boolean;
  /**
   * A cipher of session keys, which it copies: `key` of 16, 24 (not GCM) or 32 bytes; `salt` of 14, GCM 12; with
   * `authentication` null for GCM, else 20 bytes. `control`: of SRTCP. `openssl`: by OpenSSL alone. Null: it cannot be had.
   */
  srtpOpenCipher(
    gcm: boolean,
    control: boolean,
    key: Uint8Array,
    salt: Uint8Array,
    authentication: Uint8Array | null,
    tagBytes: number,
    openssl: boolean,
  ): NativeSrtpCipher | null;
  /** Wipes its keys; a second call does nothing. */
  srtpCloseCipher(cipher: NativeSrtpCipher): void;
  /** Encrypts packets in `memory` and writes their tags, as `jobs` say (see src/srtp/packet-cipher.ts). False: it was closed. */
  srtpSeal(cipher: NativeSrtpCipher, memory: Uint8Array, jobs: Uint32Array, count: number): boolean;
  /** Decrypts packets whose tag is right; the others stay as they are. False: it was closed. */
  srtpOpen(cipher: NativeSrtpCipher, memory: Uint8Array, jobs: Uint32Array, count: number): boolean;
  /**
   * Encrypts what the packets of a send plan point at, in `data`, and writes a plan of the packets as they go out into
   * `newHeaders` and `newWords`, of which `sizes` bytes and words are then in use. `index`: that of the first packet.
   * Returns one of {@link sealInPlace}; only 0 has changed anything.
   */
  srtpSealInPlace(
    cipher: NativeSrtpCipher,
    mki: Uint8Array,
    index: number,
    data: Uint8Array,
    headers: Uint8Array,
    words: Uint32Array,
    wordCount: number,
    newHeaders: Uint8Array,
    newWords: Uint32Array,
    sizes: Uint32Array,
  ): number;
  /**
   * What `udpSend` does to packets. `index[0]` is the index (ROC and sequence number) of the first packet of the next
   * call, to be written before each. `mki` may be empty.
   */
  srtpTransform(cipher: NativeSrtpCipher, mki: Uint8Array, index: Float64Array): NativePacketTransform;
}

/**
 * What came of sealing in place: done; more memory is needed, of the sizes that were written; bytes of the unit stand in
 * several packets; the cipher was closed.
 */
export const sealInPlace = { sealed: 0, tooSmall: 1, notInPlace: 2, closed: 3 } as const;
