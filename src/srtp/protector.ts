import { FramelaneError } from '../error.js';
import { RtpHeader, rtpStatus } from '../rtp/index.js';
import { checkSameShape, controlTrailerOf, KeyEpoch, trailerOf } from './key-epoch.js';
import type { KeyExpiry } from './key-usage.js';
import { jobWord, jobWords, type PacketCipher, type SrtpPrimitives } from './packet-cipher.js';
import { maxIndex, round } from './packet-index.js';
import { maxSrtcpPackets, type SrtpKey } from './srtp-key.js';

/** Bytes of an RTCP packet that are never encrypted: its header and the sender's SSRC (RFC 3711 section 3.4). */
export const clearControlBytes = 8;

/** How packets are protected. */
export interface ProtectorOptions {
  /** Whether SRTCP is encrypted as well as authenticated; default true (E flag of RFC 3711 section 3.4). */
  readonly encryptControl?: boolean;
  /** The key was used for nine tenths of its lifetime: rekey. */
  readonly onKeyExpiring?: (expiry: KeyExpiry) => void;
}

/** Packets in a row that may be sent: which index the first has, and with which key. */
export interface Reservation<Cipher extends PacketCipher> {
  /** Rollover counter and sequence number of the first. */
  readonly index: number;
  /** The key. */
  readonly epoch: KeyEpoch<Cipher>;
  /** To be called once they are sent, or will not be. */
  done(): void;
}

/**
 * Protects what one end sends (RFC 3711): says which index each packet has and that no index comes twice, counts what the
 * key was used for. Streams are told apart by SSRC, and share the key.
 */
export class SrtpProtector<Cipher extends PacketCipher = PacketCipher> {
  readonly #primitives: SrtpPrimitives<Cipher>;
  readonly #options: ProtectorOptions;
  /** The index that the next packet has at least, by SSRC. */
  readonly #next = new Map<number, number>();
  readonly #nextControl = new Map<number, number>();
  readonly #pending = new Map<KeyEpoch<Cipher>, number>();
  readonly #header = new RtpHeader();
  readonly #job = new Uint32Array(jobWords);
  #epoch: KeyEpoch<Cipher>;
  #closed = false;

  constructor(primitives: SrtpPrimitives<Cipher>, key: SrtpKey, options: ProtectorOptions = {}) {
    this.#primitives = primitives;
    this.#options = options;
    this.#epoch = new KeyEpoch(primitives, key, options.onKeyExpiring);
  }

  /** Bytes that every packet of RTP grows by. */
  get growth(): number {
    return this.#epoch.growth;
  }

  /** Bytes that every packet of RTCP grows by. */
  get controlGrowth(): number {
    return this.#epoch.controlGrowth;
  }

  /**
   * Uses another key from the next packet on; packets reserved before keep theirs. Indices go on. Throws `SRTP_KEY` for a
   * key of another suite, or another length of MKI.
   */
  rekey(key: SrtpKey): void {
    this.#checkOpen();
    checkSameShape(this.#epoch, key);
    const old = this.#epoch;
    this.#epoch = new KeyEpoch(this.#primitives, key, this.#options.onKeyExpiring);
    if (!this.#pending.has(old)) old.close();
  }

  /** Goes on with a stream at that index, as after a restart: no packet before it may be sent any more. */
  resume(ssrc: number, index: number): void {
    this.#next.set(ssrc, Math.max(index, this.#next.get(ssrc) ?? 0));
  }

  /** Goes on with the SRTCP of a stream at that index. */
  resumeControl(ssrc: number, index: number): void {
    this.#nextControl.set(ssrc, Math.max(index, this.#nextControl.get(ssrc) ?? 0));
  }

  /**
   * Counts `packets` packets of a stream in, the first of which has that sequence number. Throws `SRTP_KEY_USED_UP`, and
   * `BAD_ARGUMENT` when a packet of that number was sent before: two packets under one key stream would show what is in
   * them.
   */
  reserve(ssrc: number, sequence: number, packets: number): Reservation<Cipher> {
    this.#checkOpen();
    const index = this.#indexOf(ssrc, sequence);
    if (index + packets - 1 > maxIndex) throw usedUp(`${maxIndex} packets of SSRC ${hex(ssrc)}`);
    const epoch = this.#epoch;
    epoch.mediaUsage.count(packets);
    this.#next.set(ssrc, index + packets);
    this.#pending.set(epoch, (this.#pending.get(epoch) ?? 0) + 1);
    let open = true;
    const done = () => {
      if (open) this.#release(epoch);
      open = false;
    };
    return { index, epoch, done };
  }

  /** An RTP packet as SRTP. Throws `RTP_INVALID`, and what {@link reserve} throws. */
  protect(packet: Uint8Array): Uint8Array {
    const header = this.#header;
    if (header.readEncrypted(packet, 0, packet.length) !== rtpStatus.ok) {
      throw new FramelaneError('RTP_INVALID', `${packet.length} bytes that are no RTP packet`);
    }
    const { index, epoch, done } = this.reserve(header.ssrc, header.sequence, 1);
    const trailer = trailerOf(epoch);
    const memory = lengthened(packet, epoch.growth);
    memory.set(epoch.mki, packet.length + trailer.mki);
    this.#seal(epoch.media, memory, {
      bytes: packet.length,
      clear: header.payloadOffset,
      tagAt: packet.length + trailer.tag,
      ssrc: header.ssrc,
      index,
      extra: Math.floor(index / round),
    });
    done();
    return memory;
  }

  /** A compound RTCP packet as SRTCP. Throws `RTCP_INVALID`, `SRTP_KEY_USED_UP`. */
  protectControl(packet: Uint8Array): Uint8Array {
    this.#checkOpen();
    if (packet.length < clearControlBytes) {
      throw new FramelaneError('RTCP_INVALID', `${packet.length} bytes are no RTCP packet`);
    }
    const ssrc = new DataView(packet.buffer, packet.byteOffset).getUint32(4);
    const index = this.#nextControl.get(ssrc) ?? 0;
    if (index >= maxSrtcpPackets) throw usedUp(`${maxSrtcpPackets} packets of SRTCP of SSRC ${hex(ssrc)}`);
    const epoch = this.#epoch;
    epoch.controlUsage.count(1);
    this.#nextControl.set(ssrc, index + 1);
    return this.#sealControl(epoch, packet, ssrc, index);
  }

  /** Wipes the keys. A second call does nothing. */
  close(): void {
    this.#closed = true;
    this.#epoch.close();
    for (const epoch of this.#pending.keys()) epoch.close();
    this.#pending.clear();
  }

  #sealControl(epoch: KeyEpoch<Cipher>, packet: Uint8Array, ssrc: number, index: number): Uint8Array {
    const { encryptControl = true } = this.#options;
    const trailer = controlTrailerOf(epoch);
    const memory = lengthened(packet, epoch.controlGrowth);
    const word = (encryptControl ? 0x8000_0000 : 0) + index;
    new DataView(memory.buffer).setUint32(packet.length + trailer.word, word);
    memory.set(epoch.mki, packet.length + trailer.mki);
    this.#seal(epoch.control, memory, {
      bytes: packet.length,
      clear: encryptControl ? clearControlBytes : packet.length,
      tagAt: packet.length + trailer.tag,
      ssrc,
      index,
      extra: word,
    });
    return memory;
  }

  #seal(cipher: Cipher, memory: Uint8Array, job: Job): void {
    writeJob(this.#job, 0, 0, job);
    if (!cipher.seal(memory, this.#job, 1)) throw closedError();
  }

  /** The next index with that sequence number. */
  #indexOf(ssrc: number, sequence: number): number {
    const next = this.#next.get(ssrc);
    if (next === undefined) return sequence;
    const ahead = (sequence - next) & 0xffff;
    if (ahead < 0x8000) return next + ahead;
    const message = `SSRC ${hex(ssrc)} goes back to sequence number ${sequence} behind ${(next - 1) & 0xffff}: two streams with one SSRC cannot share a key`;
    throw new FramelaneError('BAD_ARGUMENT', message);
  }

  #release(epoch: KeyEpoch<Cipher>): void {
    const left = (this.#pending.get(epoch) ?? 0) - 1;
    if (left > 0) this.#pending.set(epoch, left);
    else if (this.#pending.delete(epoch) && epoch !== this.#epoch) epoch.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}

/** What stands in a job; see {@link jobWord}. */
export interface Job {
  readonly bytes: number;
  readonly clear: number;
  readonly tagAt: number;
  readonly ssrc: number;
  readonly index: number;
  readonly extra: number;
}

/** Writes a job about the packet at `offset`, at word `at`. */
export function writeJob(jobs: Uint32Array, at: number, offset: number, job: Job): void {
  jobs[at + jobWord.offset] = offset;
  jobs[at + jobWord.bytes] = job.bytes;
  jobs[at + jobWord.clear] = job.clear;
  jobs[at + jobWord.tagAt] = job.tagAt;
  jobs[at + jobWord.ssrc] = job.ssrc;
  jobs[at + jobWord.indexHigh] = Math.floor(job.index / 2 ** 32);
  jobs[at + jobWord.indexLow] = job.index;
  jobs[at + jobWord.extra] = job.extra;
}

function lengthened(packet: Uint8Array, by: number): Uint8Array {
  const memory = new Uint8Array(packet.length + by);
  memory.set(packet);
  return memory;
}

const hex = (ssrc: number): string => `0x${ssrc.toString(16).padStart(8, '0')}`;

function usedUp(what: string): FramelaneError {
  return new FramelaneError('SRTP_KEY_USED_UP', `the index ends after ${what}: start a stream with another SSRC`);
}

function closedError(): FramelaneError {
  return new FramelaneError('SOCKET_CLOSED', 'SRTP was closed, and its keys are wiped');
}
