import { FramelaneError } from '../error.js';
import { RtpHeader, rowWord, rowWords, rtpStatus } from '../rtp/index.js';
import { checkSameShape, KeyEpoch, trailerOf } from './key-epoch.js';
import { jobWord, jobWords, type PacketCipher, type SrtpPrimitives } from './packet-cipher.js';
import { estimateIndex, maxIndex, round } from './packet-index.js';
import { ProtectedStream } from './received-stream.js';
import { defaultReplayWindow, ReplayWindow } from './replay-window.js';
import type { SrtpKey } from './srtp-key.js';
import { ControlUnprotector } from './unprotector-control.js';

/** How packets are unprotected. */
export interface UnprotectorOptions {
  /** Packets that may come late, a power of two from 64 to 32768; default 1024. */
  readonly replayWindow?: number;
  /** Streams (SSRCs) with authentic packets, at most; default 256. */
  readonly maxStreams?: number;
}

/** What was made of packets. */
export interface UnprotectStatistics {
  /** Packets of SRTP that were authentic and new. */
  packets: number;
  /** Packets of SRTCP that were. */
  controlPackets: number;
  /** Packets whose tag was wrong: forged, damaged, of another key or a lost count of rounds. */
  forged: number;
  /** Packets that were there before, or too long ago to know. */
  replayed: number;
  /** Datagrams too short, or no RTP. */
  malformed: number;
  /** Packets with an MKI that no key has. */
  unknownKeys: number;
  /** Authentic packets of streams beyond `maxStreams`. */
  refusedStreams: number;
}

/** Jobs that are handed over at a time. */
const batchJobs = 512;

/** Packets further from the highest than this wait until those before them are known to be authentic. */
const certainDistance = 0x4000;

/** Keys that are tried at a time: the current one and the one before. */
const maxKeys = 2;

/**
 * Unprotects what one end receives (RFC 3711), a batch at a time and in place. Nothing of its state moves before a packet
 * was authenticated, and no stream is known before that.
 */
export class SrtpUnprotector<Cipher extends PacketCipher = PacketCipher> {
  /** What was counted so far. */
  readonly statistics: UnprotectStatistics = {
    packets: 0,
    controlPackets: 0,
    forged: 0,
    replayed: 0,
    malformed: 0,
    unknownKeys: 0,
    refusedStreams: 0,
  };
  readonly #primitives: SrtpPrimitives<Cipher>;
  readonly #replayWindow: number;
  readonly #maxStreams: number;
  readonly #streams = new Map<number, ProtectedStream<Cipher>>();
  readonly #control: ControlUnprotector<Cipher>;
  /** The newest first. */
  readonly #epochs: KeyEpoch<Cipher>[] = [];
  readonly #growth: number;
  readonly #trailer: { readonly tag: number; readonly mki: number };
  readonly #header = new RtpHeader();
  // The batch: jobs, and for each which stream and index it is about.
  readonly #jobs = new Uint32Array(batchJobs * jobWords);
  readonly #jobStreams: ProtectedStream<Cipher>[] = [];
  readonly #jobIndices = new Float64Array(batchJobs);
  #count = 0;
  #batchEpoch: KeyEpoch<Cipher>;
  #lastSsrc = -1;
  #lastStream: ProtectedStream<Cipher> | undefined;

  /** `keys`: one, or two of which the first is the newer. Throws `SRTP_KEY`, `BAD_ARGUMENT`. */
  constructor(
    primitives: SrtpPrimitives<Cipher>,
    keys: SrtpKey | readonly SrtpKey[],
    { replayWindow = defaultReplayWindow, maxStreams = 256 }: UnprotectorOptions = {},
  ) {
    new ReplayWindow(replayWindow); // throws, if its size makes no sense, now rather than at the first packet
    this.#primitives = primitives;
    this.#replayWindow = replayWindow;
    this.#maxStreams = maxStreams;
    for (const key of [keys].flat().reverse() as SrtpKey[]) this.rekey(key);
    const newest = this.#epochs[0];
    if (newest === undefined) throw new FramelaneError('SRTP_KEY', 'no key to receive with');
    this.#batchEpoch = newest;
    this.#growth = newest.growth;
    this.#trailer = trailerOf(newest);
    this.#control = new ControlUnprotector(this.#epochs, this.statistics, replayWindow, maxStreams);
  }

  /** Bytes at the end of every packet of RTP that are no longer of use once it was unprotected. */
  get growth(): number {
    return this.#growth;
  }

  /** Streams with authentic packets. */
  get streams(): number {
    return this.#streams.size;
  }

  /**
   * Accepts another key too. The one before stays good, so that no packet on its way is lost, until {@link retire} or a
   * third key. With an MKI the packet says which it is, without both are tried.
   */
  rekey(key: SrtpKey): void {
    const newest = this.#epochs[0];
    if (newest !== undefined) checkSameShape(newest, key);
    this.#epochs.unshift(new KeyEpoch(this.#primitives, key));
    while (this.#epochs.length > maxKeys) this.#epochs.pop()?.close();
  }

  /** Wipes all keys but the newest. */
  retire(): void {
    for (const epoch of this.#epochs.splice(1)) epoch.close();
  }

  /** Tells of a stream that has begun already: the highest index (rollover counter and sequence number) that it had. */
  expect(ssrc: number, index: number): void {
    const stream = this.#streams.get(ssrc) ?? new ProtectedStream<Cipher>(this.#replayWindow);
    stream.window.highest = index;
    this.#streams.set(ssrc, stream);
  }

  /** A copy of all that is known of a stream, to compare; undefined when nothing is. */
  snapshot(ssrc: number): { readonly highest: number; readonly bits: Int32Array } | undefined {
    return this.#streams.get(ssrc)?.window.snapshot();
  }

  /**
   * Unprotects the datagrams of a batch in place; rows are those of `ReceiverCore`. Each packet then still ends in
   * {@link growth} bytes that mean nothing; one that was refused has 0 as its first byte. RTCP is left alone.
   */
  receive(slab: Uint8Array, table: Uint32Array, rows: number): void {
    for (let row = 0; row < rows * rowWords; row += rowWords) {
      const offset = table[row + rowWord.offset] as number;
      const bytes = table[row + rowWord.bytes] as number;
      const segment = (table[row + rowWord.segmentBytes] as number) || bytes;
      const end = offset + bytes;
      for (let at = offset; at < end; at += segment) this.#add(slab, at, at + segment < end ? segment : end - at);
    }
    this.#flush(slab);
  }

  /** One packet: the RTP packet as a view of the same memory, decrypted in place; undefined when it was refused. */
  unprotect(packet: Uint8Array): Uint8Array | undefined {
    const { packets } = this.statistics;
    this.#add(packet, 0, packet.length);
    this.#flush(packet);
    return this.statistics.packets === packets ? undefined : packet.subarray(0, packet.length - this.#growth);
  }

  /** One compound packet of SRTCP, the same way. */
  unprotectControl(packet: Uint8Array): Uint8Array | undefined {
    return this.#control.unprotect(packet);
  }

  /** Wipes the keys. A second call does nothing. */
  close(): void {
    for (const epoch of this.#epochs.splice(0)) epoch.close();
    this.#streams.clear();
    this.#lastStream = undefined;
    this.#lastSsrc = -1;
  }

  /** Decides on a packet, and puts it among the jobs. */
  #add(slab: Uint8Array, at: number, length: number): void {
    if (length >= 2 && ((slab[at + 1] as number) & 0xe0) === 0xc0) return;
    const header = this.#header;
    if (header.readEncrypted(slab, at, length - this.#growth) !== rtpStatus.ok) {
      this.statistics.malformed++;
      if (length > 0) slab[at] = 0;
      return;
    }
    const { ssrc } = header;
    if (ssrc !== this.#lastSsrc || this.#lastStream === undefined) {
      this.#lastStream = this.#streams.get(ssrc);
      this.#lastSsrc = ssrc;
    }
    const stream = this.#lastStream;
    if (stream === undefined) this.#addUnknown(slab, at, length);
    else this.#addKnown(stream, slab, at, length);
  }

  #addKnown(stream: ProtectedStream<Cipher>, slab: Uint8Array, at: number, length: number): void {
    const { window } = stream;
    let index = estimateIndex(window.highest, this.#header.sequence);
    if (this.#count > 0 && Math.abs(index - window.highest) > certainDistance) {
      this.#flush(slab);
      index = estimateIndex(window.highest, this.#header.sequence);
    }
    if (!window.isFresh(index) || index > maxIndex) {
      this.statistics.replayed++;
      slab[at] = 0;
      return;
    }
    const epoch = this.#epochOf(stream, slab, at + length - this.#growth);
    if (epoch === undefined) {
      this.statistics.unknownKeys++;
      slab[at] = 0;
      return;
    }
    if (epoch !== this.#batchEpoch || this.#count === batchJobs) this.#flush(slab);
    this.#batchEpoch = epoch;
    this.#push(stream, at, length, index);
  }

  /** A stream begins with a packet that is authentic, in its first round. Until then it is nothing but this. */
  #addUnknown(slab: Uint8Array, at: number, length: number): void {
    this.#flush(slab);
    const { ssrc } = this.#header;
    const stream = new ProtectedStream<Cipher>(replayWindowOfNobody);
    this.#addKnown(stream, slab, at, length);
    this.#flush(slab);
    if (stream.window.highest < 0) return;
    if (this.#streams.size >= this.#maxStreams) {
      this.statistics.packets--;
      this.statistics.refusedStreams++;
      slab[at] = 0;
      return;
    }
    const known = new ProtectedStream<Cipher>(this.#replayWindow);
    known.window.accept(stream.window.highest);
    known.epoch = stream.epoch;
    this.#streams.set(ssrc, known);
    this.#lastStream = known;
  }

  #push(stream: ProtectedStream<Cipher>, at: number, length: number, index: number): void {
    const jobs = this.#jobs;
    const count = this.#count++;
    const job = count * jobWords;
    const bytes = length - this.#growth;
    const turns = Math.floor(index / round);
    jobs[job + jobWord.offset] = at;
    jobs[job + jobWord.bytes] = bytes;
    jobs[job + jobWord.clear] = this.#header.payloadOffset - at;
    jobs[job + jobWord.tagAt] = at + bytes + this.#trailer.tag;
    jobs[job + jobWord.ssrc] = this.#header.ssrc;
    jobs[job + jobWord.indexHigh] = turns >>> 16;
    jobs[job + jobWord.indexLow] = (turns << 16) | this.#header.sequence;
    jobs[job + jobWord.extra] = turns;
    jobs[job + jobWord.authentic] = 0;
    this.#jobStreams[count] = stream;
    this.#jobIndices[count] = index;
  }

  /** Which key a packet has: as its MKI says, or the one that this stream had last. */
  #epochOf(stream: ProtectedStream<Cipher>, slab: Uint8Array, end: number): KeyEpoch<Cipher> | undefined {
    const epochs = this.#epochs;
    const newest = epochs[0];
    if (newest === undefined || newest.mki.length > 0) {
      return epochs.find((epoch) => epoch.isNamed(slab, end + this.#trailer.mki));
    }
    return stream.epoch !== undefined && epochs.includes(stream.epoch) ? stream.epoch : newest;
  }

  /** Has the jobs done, and takes note of those that were authentic. */
  #flush(slab: Uint8Array): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#batchEpoch.media.open(slab, this.#jobs, count);
    for (let i = 0; i < count; i++) this.#settle(slab, i);
  }

  #settle(slab: Uint8Array, i: number): void {
    const jobs = this.#jobs;
    const job = i * jobWords;
    const stream = this.#jobStreams[i] as ProtectedStream<Cipher>;
    const index = this.#jobIndices[i] as number;
    let epoch: KeyEpoch<Cipher> | undefined = this.#batchEpoch;
    if (jobs[job + jobWord.authentic] !== 1) epoch = this.#tryOthers(slab, job);
    if (epoch === undefined) this.statistics.forged++;
    else if (!stream.window.isFresh(index)) this.statistics.replayed++;
    else {
      stream.window.accept(index);
      stream.epoch = epoch;
      this.statistics.packets++;
      return;
    }
    slab[jobs[job + jobWord.offset] as number] = 0;
  }

  /** Without an MKI a packet may have another key than its stream had so far. */
  #tryOthers(slab: Uint8Array, job: number): KeyEpoch<Cipher> | undefined {
    if (this.#batchEpoch.mki.length > 0) return undefined;
    return this.#epochs.find((epoch) => {
      if (epoch === this.#batchEpoch) return false;
      const one = this.#jobs.slice(job, job + jobWords);
      return epoch.media.open(slab, one, 1) && one[jobWord.authentic] === 1;
    });
  }
}

/** The window of a packet that may be forged. */
const replayWindowOfNobody = 64;
