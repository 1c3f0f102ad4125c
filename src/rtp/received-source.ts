import { AccessUnit, type Codec } from '../nal/index.js';
import type { ArrivingPacket } from './arriving-packet.js';
import type { LostUnit } from './lost-unit.js';
import type { Depacketizer, LostParts, PayloadReader, UnitOutput } from './payload/depacketizer.js';
import { payloadReader, type StreamFormat } from './payload/stream-format.js';
import { UnitAssembler } from './payload/unit-assembler.js';
import { type SourceStatistics, sourceStatistics } from './receive-statistics.js';
import { Reception } from './reception.js';
import type { PacketOrder, Reorder } from './reorder.js';
import type { BuiltUnit, UnitBuilder } from './unit-builder.js';

/** Hz, of video (RFC 3551 section 5). */
const defaultClockRate = 90_000;

/** What a source gets from the receiver it belongs to. */
export interface SourceContext {
  /** What its payload types stand for. */
  readonly formats: ReadonlyMap<number, ReceivedStream>;
  /** Memory of its units. */
  readonly builder: (stream: ReceivedStream) => UnitBuilder;
  /** Brings its packets in order. */
  readonly reorder: (out: PacketOrder, counts: SourceStatistics) => Reorder;
  /** When a picture was taken, in ns since 1970; 0n when nobody knows. */
  readonly captureTime: (source: ReceivedSource, timestamp: number) => bigint;
  /** Takes units that arrived whole. */
  readonly onUnit: (unit: AccessUnit, source: ReceivedSource) => void;
  /** Takes units that are lost. */
  readonly onLost: (lost: LostUnit, source: ReceivedSource) => void;
}

/** What a payload type stands for. */
export interface ReceivedStream {
  /** Payload type, 0 to 127. */
  readonly payloadType: number;
  /** What its payloads are. */
  readonly format: StreamFormat;
  /** Ticks a second of its RTP timestamps; default 90000. */
  readonly clockRate?: number;
  /**
   * Whether the first unit that is seen of a source is taken for whole when its first packet may begin a unit, although
   * packets before it may be missing; default false. It is whole for certain when it begins with an access unit delimiter
   * or parameter sets, or when its format numbers its packets. Set it for streams whose parameter sets are not in the
   * stream but in the SDP.
   */
  readonly trustStart?: boolean;
  /** Bytes of the largest unit; default 16 MiB, or the picture's size for raw video that is larger. */
  readonly maxUnitBytes?: number;
}

/** One synchronization source as a receiver sees it. */
export class ReceivedSource implements PacketOrder, UnitOutput {
  /** Synchronization source, 0 to 2^32 - 1. */
  readonly ssrc: number;
  /** What was counted. */
  readonly statistics: SourceStatistics = sourceStatistics();
  /** Losses and jitter as RTCP reports them. */
  readonly reception: Reception;
  /** Where its packets came from first: port, family (4 or 6), scope id, and four words of address, as in the table. */
  readonly address: Uint32Array;
  /** When a packet of it arrived last, in ms. */
  lastSeenMs = 0;
  /** Brings its packets in order. */
  readonly reorder: Reorder;
  readonly #context: SourceContext;
  #depacketizer: Depacketizer | undefined;
  #payloadType = -1;
  #codec: Codec = 'generic';
  #clockRate: number;
  #sequence = 0;
  /** Packets that follow each other and have one timestamp: counted at once. */
  #runFirst = 0;
  #runCount = 0;
  #runTimestamp = 0;

  constructor(ssrc: number, stream: ReceivedStream, address: Uint32Array, context: SourceContext) {
    this.ssrc = ssrc >>> 0;
    this.address = address;
    this.#context = context;
    this.#clockRate = stream.clockRate ?? defaultClockRate;
    this.reception = new Reception(this.#clockRate);
    this.reorder = context.reorder(this, this.statistics);
  }

  /** Ticks a second of its RTP timestamps. */
  get clockRate(): number {
    return this.#clockRate;
  }

  /** Payload type of its last packet in order, -1 before the first. */
  get payloadType(): number {
    return this.#payloadType;
  }

  /** Whether a unit is begun and not ended. */
  get isOpen(): boolean {
    return this.#depacketizer?.isOpen ?? false;
  }

  /** Takes a packet as it arrives. */
  arrive(packet: ArrivingPacket, nowMs: number): void {
    const { statistics } = this;
    statistics.packets++;
    statistics.bytes += packet.length;
    const isNext = packet.sequence === ((this.#runFirst + this.#runCount) & 0xffff);
    if (isNext && packet.timestamp === this.#runTimestamp && this.#runCount > 0) this.#runCount++;
    else this.#beginRun(packet, nowMs);
    this.reorder.receive(packet, nowMs);
  }

  /** Counts what arrived up to now: at the end of a batch. */
  endRun(nowMs: number): void {
    if (this.#runCount > 0) this.reception.run(this.#runFirst, this.#runCount, this.#runTimestamp >>> 0, nowMs);
    this.#runCount = 0;
  }

  #beginRun(packet: ArrivingPacket, nowMs: number): void {
    this.endRun(nowMs);
    this.#runFirst = packet.sequence;
    this.#runCount = 1;
    this.#runTimestamp = packet.timestamp;
  }

  /** Gives up what is waited for, and the unit that is open: the source ended, or pauses. */
  flush(): void {
    this.reorder.flush();
    if (this.isOpen) this.#depacketizer?.restart();
  }

  /** Gives up the unit that is open, and its memory. */
  abandon(): void {
    this.#depacketizer?.abandon();
  }

  packet(packet: ArrivingPacket): void {
    const payloadType = packet.flags & 0x7f;
    if (payloadType === this.#payloadType || this.#adopt(payloadType)) this.#depacketizer?.packet(packet);
  }

  /** Another payload type: whatever was open is not gone on with. Packets of an unknown one are passed over. */
  #adopt(payloadType: number): boolean {
    const stream = this.#context.formats.get(payloadType);
    if (stream === undefined) {
      this.statistics.unknownPayloads++;
      return false;
    }
    this.#depacketizer?.restart();
    const reader = payloadReader(stream.format);
    this.#depacketizer = new UnitAssembler(reader, this.#context.builder(stream), this, stream.trustStart);
    this.#codec = reader.codec;
    this.#payloadType = payloadType;
    this.#clockRate = stream.clockRate ?? defaultClockRate;
    return true;
  }

  gap(count: number): void {
    this.#depacketizer?.gap(count);
  }

  restart(): void {
    this.#depacketizer?.restart();
    this.#depacketizer = undefined;
    this.#payloadType = -1;
  }

  unit(built: BuiltUnit, timestamp: number, keyFrame: boolean): void {
    this.statistics.units++;
    this.#context.onUnit(
      new AccessUnit({
        codec: this.#codec,
        data: built.data,
        nalUnits: built.nalUnits,
        keyFrame,
        timestamp: timestamp >>> 0,
        ssrc: this.ssrc,
        captureTime: this.#context.captureTime(this, timestamp >>> 0),
        sequence: ++this.#sequence,
        onRelease: built.release,
      }),
      this,
    );
  }

  lost(parts: LostParts, reader: PayloadReader): void {
    this.statistics.lostUnits++;
    const { codec, keyFrame } = reader;
    const timestamp = parts.timestamp >>> 0;
    const nalTypes = reader.nalTypes();
    this.#context.onLost({ ...parts, codec, ssrc: this.ssrc, timestamp, nalTypes, keyFrame }, this);
  }
}
