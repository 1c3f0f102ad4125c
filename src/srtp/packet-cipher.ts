/**
 * Words of a job of a {@link PacketCipher}: what is to be done to one packet. All memory offsets are bytes in the memory
 * that goes with the jobs.
 */
export const jobWord = {
  /** Where the packet begins. */
  offset: 0,
  /** Bytes of its header and payload: nothing of what SRTP adds. */
  bytes: 1,
  /** Bytes in front that are authenticated, but not encrypted. */
  clear: 2,
  /** Where the tag stands. */
  tagAt: 3,
  /** Synchronization source. */
  ssrc: 4,
  /** Bits 32 to 47 of the index. */
  indexHigh: 5,
  /** Bits 0 to 31 of the index: ROC and sequence number, or the index of SRTCP. */
  indexLow: 6,
  /** Authenticated behind the packet: the ROC, or the word of E and the index of SRTCP. */
  extra: 7,
  /** Result of `open`: 1 when the tag was right, else 0. */
  authentic: 8,
} as const;

/** Words of a job. */
export const jobWords = 9;

/** Encrypts and decrypts with the session keys of one direction; it is handed in, for this room has no cryptography. */
export interface PacketCipher {
  /** Encrypts packets in place and writes their tags. False: it was closed. */
  seal(memory: Uint8Array, jobs: Uint32Array, count: number): boolean;
  /** Decrypts those whose tag is right in place; the others stay as they are. False: it was closed. */
  open(memory: Uint8Array, jobs: Uint32Array, count: number): boolean;
  /** Wipes its keys; a second call does nothing. */
  close(): void;
}

/** Session keys, which are wiped once a cipher has taken them. */
export interface SessionKeys {
  /** Of SRTCP. */
  readonly control: boolean;
  /** Encryption key. */
  readonly key: Uint8Array;
  /** Salt. */
  readonly salt: Uint8Array;
  /** Authentication key, 20 bytes; none with GCM. */
  readonly authentication: Uint8Array | undefined;
  /** Bytes of a tag. */
  readonly tagBytes: number;
}

/** The cryptography that SRTP is made of. */
export interface SrtpPrimitives<Cipher extends PacketCipher = PacketCipher> {
  /** XORs AES-CTR's key stream from counter block `iv` (16 bytes) on into `data`. */
  counterMode(key: Uint8Array, iv: Uint8Array, data: Uint8Array): void;
  /** A cipher of session keys, which it copies. */
  cipher(kind: 'counter-mode' | 'gcm', keys: SessionKeys): Cipher;
}
