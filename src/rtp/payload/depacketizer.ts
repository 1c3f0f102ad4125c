import type { Codec } from '../../nal/index.js';
import type { ArrivingPacket } from '../arriving-packet.js';
import type { LossReason } from '../lost-unit.js';
import type { BuiltUnit, UnitBuilder } from '../unit-builder.js';

/**
 * Whether a payload is the first of its access unit. `certain`: nothing can stand before it. `possible`: something may.
 * `no`: it goes on with what began before.
 */
export type Beginning = 'certain' | 'possible' | 'no';

/** Reads the payloads of one format, packet by packet, each unit from its beginning and without gaps. */
export interface PayloadReader {
  /** What its units are. */
  readonly codec: Codec;
  /** Whether a payload that follows a gap can be relied on to be the first of its unit. */
  beginning(bytes: Uint8Array, offset: number, length: number): Beginning;
  /** A unit begins. */
  begin(): void;
  /** Reads one payload (`length` bytes at `offset`, at least one) into the unit; says what is wrong with it, if anything. */
  read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined;
  /** Takes note of a payload of a unit that is lost already. */
  note(bytes: Uint8Array, offset: number, length: number): void;
  /** No more payloads come; says whether anything is missing. */
  end(unit: UnitBuilder): LossReason | undefined;
  /** Whether a decoder can begin at the unit, by what was seen of it. */
  readonly keyFrame: boolean;
  /** Types of the NAL units that were seen of the unit, ascending. */
  nalTypes(): readonly number[];
}

/** A lost unit as its packets tell it; who it came from is known elsewhere. */
export interface LostParts {
  /** RTP timestamp as a signed 32-bit number. */
  readonly timestamp: number;
  /** Sequence number of the first packet that arrived. */
  readonly firstSequence: number;
  /** Packets that arrived. */
  readonly packets: number;
  /** Packets that are missing. */
  readonly packetsLost: number;
  /** Payload bytes that arrived. */
  readonly bytes: number;
  readonly reason: LossReason;
}

/** Takes what became of the units of a stream. */
export interface UnitOutput {
  /** A unit arrived whole. `timestamp` is a signed 32-bit number. */
  unit(unit: BuiltUnit, timestamp: number, keyFrame: boolean): void;
  /** A unit is lost. */
  lost(lost: LostParts, reader: PayloadReader): void;
}

/** Turns packets in order, and gaps between them, into units that are whole and units that are lost. */
export interface Depacketizer {
  /** Whether a unit is begun and not ended. */
  readonly isOpen: boolean;
  /** The next packet. */
  packet(packet: ArrivingPacket): void;
  /** So many packets are missing here. */
  gap(count: number): void;
  /** The unit that is open is lost, for want of memory. */
  abandon(): void;
  /** What comes next has nothing to do with what was: a unit that is open is lost. */
  restart(): void;
}
