import { FramelaneError } from '../error.js';
import type { AccessUnit } from '../nal/index.js';
import { type ArrivingPacket, arrivingPacket } from './arriving-packet.js';
import { CopyList, type Gather } from './copy-list.js';
import type { LostUnit } from './lost-unit.js';
import { RtpHeader, rtpStatus } from './packet.js';
import { rawLayout } from './payload/raw-format.js';
import { payloadReader } from './payload/stream-format.js';
import { ReceiveMemory } from './receive-memory.js';
import { type ReceiveStatistics, receiveStatistics } from './receive-statistics.js';
import { ReceivedSource, type ReceivedStream, type SourceContext } from './received-source.js';
import { Reorder, type ReorderLimits, ReorderMemory } from './reorder.js';
import { UnitBuilder } from './unit-builder.js';

/** Words of a row in the table of a batch. */
export const rowWords = 12;

/** What the words of a row say; one row is a datagram, or a train of datagrams of one sender (UDP_GRO). */
export const rowWord = {
  /** Where in the slab it begins, bytes. */
  offset: 0,
  /** Bytes of all its datagrams. */
  bytes: 1,
  /** Bytes of each datagram but the last, which may be shorter. */
  segmentBytes: 2,
  /** Sender's port, then family (4 or 6), scope id, and four words of address (network order; IPv4 in the first). */
  port: 3,
  /** Datagrams that the kernel dropped since the socket was opened, modulo 2^32. */
  kernelDrops: 10,
} as const;

/** A source that sends video does not pause for so long before its first unit, in ms. */
const pauseMs = 200;

/** Limits of a receiver; each buffer that datagrams can grow is within one of them. */
export interface ReceiveLimits {
  /** How far a packet may be ahead of one that is waited for, packets, a power of two from 16 to 8192; default 512. */
  readonly reorderPackets?: number;
  /** Bytes that wait for a packet, of each source; default 1 MiB. */
  readonly reorderBytes?: number;
  /** How long a packet is waited for, in ms; default 50. */
  readonly reorderMs?: number;
  /** Bytes of an access unit where its stream does not say otherwise; default 16 MiB. */
  readonly maxUnitBytes?: number;
  /**
   * Bytes of all units being put together, packets that wait, and buffers to be used again; default 64 MiB, or four units
   * of the largest size. Units that were handed out are not in it.
   */
  readonly maxMemoryBytes?: number;
  /** Synchronization sources at a time; default 32. */
  readonly maxSources?: number;
  /** After so long without a packet, in ms, a unit that is open is lost, and a source may make room; default 5000. */
  readonly idleMs?: number;
}

/** How a receiver is made. */
export interface ReceiverCoreOptions extends ReceiveLimits {
  /** What payload types stand for. */
  readonly streams: readonly ReceivedStream[];
  /** Takes access units that arrived whole, each source's in the order of sending. Must not throw. */
  readonly onUnit: (unit: AccessUnit, source: ReceivedSource) => void;
  /** Takes what is known of units that are lost. Must not throw. */
  readonly onLost?: (lost: LostUnit, source: ReceivedSource) => void;
  /** A source was heard of for the first time. Must not throw. */
  readonly onSource?: (source: ReceivedSource) => void;
  /** A source made room for another, or was ended. Must not throw. */
  readonly onSourceEnd?: (source: ReceivedSource) => void;
  /** Takes RTCP packets: `length` bytes at `offset` of the slab, the row's first word in the table. Must not throw. */
  readonly onRtcp?: (slab: Uint8Array, offset: number, length: number, table: Uint32Array, row: number) => void;
  /** When the picture of an RTP timestamp was taken, in ns since 1970; default 0n, unknown. Must not throw. */
  readonly captureTime?: (source: ReceivedSource, timestamp: number) => bigint;
  /**
   * Bytes at the end of each RTP datagram that mean nothing: what SRTP had added. Datagrams that begin with 0 were taken
   * out and counted elsewhere then. Default 0.
   */
  readonly trailerBytes?: number;
  /** Copies bytes; default without native code. */
  readonly gather?: Gather;
}

/**
 * The receiving side of RTP without sockets and clocks: batches of datagrams in, access units out.
 *
 * Call {@link receive} with each batch, and {@link poll} at {@link deadlineMs}. Nothing that arrives makes it throw: what
 * makes no sense is counted. Nothing is allocated a packet.
 */
export class ReceiverCore {
  /** What was counted of all that arrived. */
  readonly statistics: ReceiveStatistics = receiveStatistics();
  readonly #formats: ReadonlyMap<number, ReceivedStream>;
  readonly #options: ReceiverCoreOptions;
  readonly #maxSources: number;
  readonly #idleMs: number;
  readonly #trailerBytes: number;
  readonly #memory: ReceiveMemory;
  readonly #copies: CopyList;
  readonly #context: SourceContext;
  /** By SSRC as a signed number. */
  readonly #sources = new Map<number, ReceivedSource>();
  readonly #header = new RtpHeader();
  readonly #packet: ArrivingPacket = arrivingPacket();
  /** The source of the packet before, in this batch. */
  #current: ReceivedSource | undefined;
  #drops = -1;

  /** Throws `BAD_ARGUMENT` for limits that make no sense and payload types given twice. */
  constructor(options: ReceiverCoreOptions) {
    this.#options = options;
    this.#formats = formatsOf(options.streams);
    this.#maxSources = atLeast(options.maxSources ?? 32, 1, 'maxSources');
    this.#idleMs = atLeast(options.idleMs ?? 5_000, 1, 'idleMs');
    this.#trailerBytes = atLeast(options.trailerBytes ?? 0, 0, 'trailerBytes');
    const unitBytes = Math.max(...options.streams.map((stream) => this.#unitLimit(stream)));
    const memory = options.maxMemoryBytes ?? Math.max(64 << 20, 4 * unitBytes);
    this.#memory = new ReceiveMemory(atLeast(memory, 1 << 20, 'maxMemoryBytes'), () => this.#sacrifice());
    this.#copies = new CopyList(options.gather);
    this.#context = this.#contextOf(new ReorderMemory(reorderLimits(options), this.#memory));
  }

  /** The sources that were heard of. */
  get sources(): ReadonlyMap<number, ReceivedSource> {
    return this.#sources;
  }

  /** Bytes of memory that the limit `maxMemoryBytes` is about, as of now. */
  get heldBytes(): number {
    return this.#memory.heldBytes;
  }

  /** When {@link poll} is to be called next, in ms; undefined when there is nothing to wait for. */
  get deadlineMs(): number | undefined {
    let earliest: number | undefined;
    for (const source of this.#sources.values()) {
      const deadline = source.reorder.deadlineMs ?? (source.isOpen ? source.lastSeenMs + this.#idleMs : undefined);
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  /**
   * Takes a batch: `rows` rows of {@link rowWords} words in `table` say where its datagrams lie in `slab`. Neither is
   * needed when this returns. `nowMs` is the time in ms, of any clock that does not go back.
   */
  receive(slab: Uint8Array, table: Uint32Array, rows: number, nowMs: number): void {
    for (let row = 0; row < rows * rowWords; row += rowWords) this.#train(slab, table, row, nowMs);
    this.#select(undefined, nowMs);
    this.#copies.flush();
  }

  /** Gives up what was waited for long enough. */
  poll(nowMs: number): void {
    for (const source of this.#sources.values()) {
      source.reorder.poll(nowMs);
      if (source.isOpen && nowMs >= source.lastSeenMs + this.#idleMs) source.flush();
    }
    this.#copies.flush();
  }

  /** Gives up everything that is waited for: nothing more will come. */
  flush(): void {
    for (const source of this.#sources.values()) source.flush();
    this.#copies.flush();
  }

  /** Forgets a source, as when it said BYE. */
  end(ssrc: number): void {
    const source = this.#sources.get(ssrc | 0);
    if (source === undefined) return;
    source.flush();
    this.#sources.delete(ssrc | 0);
    this.#options.onSourceEnd?.(source);
  }

  #train(slab: Uint8Array, table: Uint32Array, row: number, nowMs: number): void {
    const offset = table[row + rowWord.offset] as number;
    const bytes = table[row + rowWord.bytes] as number;
    const segment = (table[row + rowWord.segmentBytes] as number) || bytes;
    const end = offset + bytes;
    this.#countDrops(table[row + rowWord.kernelDrops] as number);
    this.statistics.bytes += bytes;
    if (segment >= bytes) this.#datagram(slab, offset, bytes, table, row, nowMs);
    else
      for (let at = offset; at < end; at += segment) {
        this.#datagram(slab, at, at + segment < end ? segment : end - at, table, row, nowMs);
      }
  }

  /** The kernel's counter goes on from the socket's beginning, and may wrap. */
  #countDrops(drops: number): void {
    if (this.#drops >= 0) this.statistics.kernelDrops += (drops - this.#drops) >>> 0;
    else this.statistics.kernelDrops = drops;
    this.#drops = drops;
  }

  #datagram(slab: Uint8Array, at: number, length: number, table: Uint32Array, row: number, nowMs: number): void {
    this.statistics.datagrams++;
    // Types of RTCP packets are 192 to 223, which no RTP packet's second byte is (RFC 5761 section 4).
    if (length >= 2 && ((slab[at + 1] as number) & 0xe0) === 0xc0) {
      this.statistics.rtcpPackets++;
      this.#options.onRtcp?.(slab, at, length, table, row);
      return;
    }
    if (this.#trailerBytes > 0 && slab[at] === 0) return;
    const header = this.#header;
    if (header.read(slab, at, length - this.#trailerBytes) !== rtpStatus.ok) {
      this.statistics.malformed++;
      return;
    }
    let source = this.#current;
    if (source === undefined || source.ssrc !== header.ssrc) {
      source = this.#sourceOf(header, table, row, nowMs);
      if (source === undefined) return;
    }
    const packet = this.#packet;
    packet.bytes = slab;
    packet.offset = header.payloadOffset;
    packet.length = header.payloadBytes;
    packet.sequence = header.sequence;
    packet.timestamp = header.timestamp | 0;
    packet.flags = (header.marker << 7) | header.payloadType;
    source.arrive(packet, nowMs);
  }

  #sourceOf(header: RtpHeader, table: Uint32Array, row: number, nowMs: number): ReceivedSource | undefined {
    const source = this.#sources.get(header.ssrc | 0) ?? this.#admit(header, table, row, nowMs);
    if (source !== undefined) this.#select(source, nowMs);
    return source;
  }

  #select(source: ReceivedSource | undefined, nowMs: number): void {
    this.#current?.endRun(nowMs);
    this.#current = source;
    if (source !== undefined) source.lastSeenMs = nowMs;
  }

  #admit({ ssrc, payloadType }: RtpHeader, table: Uint32Array, row: number, nowMs: number): ReceivedSource | undefined {
    const stream = this.#formats.get(payloadType);
    if (stream === undefined) {
      this.statistics.unknownPayloads++;
      return undefined;
    }
    if (this.#sources.size >= this.#maxSources && !this.#makeRoom(nowMs)) {
      this.statistics.refusedSources++;
      return undefined;
    }
    const address = table.slice(row + rowWord.port, row + rowWord.kernelDrops);
    const source = new ReceivedSource(ssrc, stream, address, this.#context);
    this.#sources.set(ssrc | 0, source);
    this.#options.onSource?.(source);
    return source;
  }

  /** Ends the source that can be spared most, and of equals the one that was silent for longest. */
  #makeRoom(nowMs: number): boolean {
    let victim: ReceivedSource | undefined;
    let most = 0;
    for (const source of this.#sources.values()) {
      const spare = this.#dispensability(source, nowMs);
      const isMore = spare > most || (spare === most && source.lastSeenMs < (victim?.lastSeenMs ?? 0));
      if (spare > 0 && isMore) [victim, most] = [source, spare];
    }
    if (victim === undefined) return false;
    this.statistics.evictedSources++;
    this.end(victim.ssrc);
    return true;
  }

  /**
   * 3: no two packets of it followed each other. 2: it never brought a whole unit, and pauses. 1: it is idle. 0: it sends, so
   * it is never ended for another.
   */
  #dispensability(source: ReceivedSource, nowMs: number): number {
    const silentMs = nowMs - source.lastSeenMs;
    if (!source.reorder.proven) return 3;
    if (source.statistics.units === 0 && silentMs >= pauseMs) return 2;
    return silentMs >= this.#idleMs ? 1 : 0;
  }

  /** Memory is short: what sources hold that never brought a whole unit is lost, for the sake of those that did. */
  #sacrifice(): void {
    for (const source of this.#sources.values()) if (source.statistics.units === 0) source.abandon();
  }

  #unitLimit({ format, maxUnitBytes }: ReceivedStream): number {
    const limit = atLeast(this.#options.maxUnitBytes ?? 16 << 20, 1, 'maxUnitBytes');
    const picture = format.codec === 'raw' ? rawLayout(format).bytes : 0;
    return atLeast(maxUnitBytes ?? Math.max(limit, picture), 1, 'maxUnitBytes');
  }

  #contextOf(reorderMemory: ReorderMemory): SourceContext {
    const { onUnit, onLost = () => {}, captureTime = () => 0n } = this.#options;
    return {
      formats: this.#formats,
      builder: (stream) => new UnitBuilder(this.#memory, this.#copies, this.#unitLimit(stream)),
      reorder: (out, counts) => new Reorder(reorderMemory, this.#copies, out, counts),
      captureTime,
      onUnit,
      onLost,
    };
  }
}

function formatsOf(streams: readonly ReceivedStream[]): ReadonlyMap<number, ReceivedStream> {
  const formats = new Map<number, ReceivedStream>();
  for (const stream of streams) {
    const { payloadType } = stream;
    if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127 || formats.has(payloadType)) {
      throw new FramelaneError('BAD_ARGUMENT', `payload type ${payloadType} is given twice, or not in 0..127`);
    }
    payloadReader(stream.format); // throws, if its format makes no sense, now rather than at the first packet
    formats.set(payloadType, stream);
  }
  if (formats.size > 0) return formats;
  throw new FramelaneError('BAD_ARGUMENT', 'no stream is given: say what the payload types stand for');
}

function reorderLimits({ reorderPackets = 512, reorderBytes = 1 << 20, reorderMs = 50 }: ReceiveLimits): ReorderLimits {
  if (reorderPackets < 16 || reorderPackets > 8192 || (reorderPackets & (reorderPackets - 1)) !== 0) {
    throw new FramelaneError('BAD_ARGUMENT', `reorderPackets ${reorderPackets} is no power of two from 16 to 8192`);
  }
  return {
    packets: reorderPackets,
    bytes: atLeast(reorderBytes, 64 << 10, 'reorderBytes'),
    ms: atLeast(reorderMs, 0, 'reorderMs'),
  };
}

function atLeast(value: number, least: number, name: string): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new FramelaneError('BAD_ARGUMENT', `${name} ${value} is not ${least} or more`);
}
