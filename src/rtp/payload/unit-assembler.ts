import type { ArrivingPacket } from '../arriving-packet.js';
import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import type { Depacketizer, PayloadReader, UnitOutput } from './depacketizer.js';

/**
 * `start`     nothing was seen yet
 * `between`   a unit ended, so the next packet begins one
 * `unknown`   packets are missing: the next one may begin a unit or be in the midst of one
 * `filling`   a unit is open, and everything of it is there so far
 * `skipping`  a unit is open and lost
 */
type State = 'start' | 'between' | 'unknown' | 'filling' | 'skipping';

/** So many units in a row without a marker: the sender does not mark them any more. */
const trustedUnmarked = 3;

/**
 * Finds the beginnings and ends of access units, and lets none through of which a packet may be missing.
 *
 * A unit ends with the packet that has the marker, or before one with another timestamp. Whether a unit is whole is never
 * in doubt within it, for sequence numbers tell, but at its borders it can be:
 *
 *     unit A, no marker | gap | unit B   A's end is in the gap: A is lost. B's beginning may be too, so B is lost, unless
 *                                        the gap is one packet and the stream has a marker on each unit: it was A's last.
 *     unit A, marker    | gap | unit B   A is whole. The gap may have been units of its own or the beginning of B: B is
 *                                        lost, unless its first payload can only be the first of a unit.
 *     (nothing yet)             unit B   The stream may have been joined within B: as after a gap. `trustStart` takes B
 *                                        for whole when its first payload could be the first of a unit.
 */
export class UnitAssembler implements Depacketizer {
  readonly #reader: PayloadReader;
  readonly #unit: UnitBuilder;
  readonly #out: UnitOutput;
  readonly #trustStart: boolean;
  #state: State = 'start';
  #timestamp = 0;
  #firstSequence = 0;
  #packets = 0;
  #bytes = 0;
  #lost = 0;
  #reason: LossReason = 'loss';
  /** Packets missing directly before the next one. */
  #gap = 0;
  /** Whether a unit ended by its marker, and whether one ended without. */
  #markerSeen = false;
  #markerMissed = false;
  /** Units in a row that ended without. */
  #unmarked = 0;

  constructor(reader: PayloadReader, unit: UnitBuilder, out: UnitOutput, trustStart = false) {
    this.#reader = reader;
    this.#unit = unit;
    this.#out = out;
    this.#trustStart = trustStart;
  }

  get isOpen(): boolean {
    return this.#state === 'filling' || this.#state === 'skipping';
  }

  packet(packet: ArrivingPacket): void {
    const { bytes, offset, length } = packet;
    if (length > 0) {
      if (this.#state !== 'filling' || packet.timestamp !== this.#timestamp) this.#turn(packet);
      this.#packets++;
      this.#bytes += length;
      if (this.#state === 'filling') {
        const fault = this.#reader.read(bytes, offset, length, this.#unit);
        if (fault !== undefined) this.#damage(fault);
      } else this.#reader.note(bytes, offset, length);
    } else if (packet.timestamp !== this.#timestamp) return; // padding only, and nothing that it could end
    if (packet.flags >= 0x80 && this.isOpen) {
      this.#markerSeen = true;
      this.#unmarked = 0;
      this.#end();
    }
  }

  gap(count: number): void {
    this.#gap += count;
    this.#lost += count;
    if (this.#state === 'filling') this.#damage('loss');
    else if (this.#state !== 'skipping') this.#state = 'unknown';
  }

  abandon(): void {
    if (this.#state === 'filling') this.#damage('limit');
  }

  restart(): void {
    if (this.#state === 'filling') this.#damage('end');
    if (this.#state === 'skipping') this.#end();
    this.#state = 'start';
    this.#gap = 0;
    this.#lost = 0;
    this.#markerSeen = false;
    this.#markerMissed = false;
  }

  /** Every packet but those that go on with a unit that is whole so far. */
  #turn(packet: ArrivingPacket): void {
    if (this.isOpen && packet.timestamp !== this.#timestamp) this.#endBefore();
    this.#gap = 0;
    if (!this.isOpen) this.#begin(packet);
  }

  /** The open unit ends without a marker, for a packet of the next one is here. */
  #endBefore(): void {
    const gap = this.#gap;
    const isOdd = gap === 0 && this.#lacksMarker();
    if (isOdd && this.#state === 'filling') this.#damage('loss');
    this.#end();
    if (isOdd) this.#state = 'unknown';
    if (gap === 0 || (gap === 1 && this.#markerSeen && !this.#markerMissed)) return;
    this.#state = 'unknown';
    this.#lost = gap;
  }

  /**
   * Whether a unit should have had a marker. Of a sender that marks its units one is without only when the numbers of its
   * packets have wrapped unseen: a receiver that stood still for 65,536 packets, 25 ms of a flood, sees none missing.
   * Several in a row are a sender that has stopped marking.
   */
  #lacksMarker(): boolean {
    this.#markerMissed = true;
    this.#unmarked++;
    return this.#markerSeen && this.#unmarked < trustedUnmarked;
  }

  #begin({ bytes, offset, length, sequence, timestamp }: ArrivingPacket): void {
    const isFirst = this.#state === 'between' || this.#isBeginning(bytes, offset, length);
    if (isFirst) this.#lost = 0;
    else this.#reason = this.#state === 'start' ? 'start' : 'loss';
    this.#state = isFirst ? 'filling' : 'skipping';
    this.#timestamp = timestamp;
    this.#firstSequence = sequence;
    this.#packets = 0;
    this.#bytes = 0;
    this.#reader.begin();
  }

  #isBeginning(bytes: Uint8Array, offset: number, length: number): boolean {
    const beginning = this.#reader.beginning(bytes, offset, length);
    return beginning === 'certain' || (beginning === 'possible' && this.#trustStart && this.#state === 'start');
  }

  #damage(reason: LossReason): void {
    this.#state = 'skipping';
    this.#reason = reason;
    this.#unit.drop();
  }

  #end(): void {
    if (this.#state === 'filling') {
      const fault = this.#reader.end(this.#unit);
      if (fault !== undefined) this.#damage(fault);
    }
    const isWhole = this.#state === 'filling';
    const lost = this.#lost;
    this.#state = 'between';
    this.#lost = 0;
    this.#gap = 0;
    if (isWhole) this.#out.unit(this.#unit.finish(), this.#timestamp, this.#reader.keyFrame);
    else this.#report(lost);
  }

  #report(packetsLost: number): void {
    this.#out.lost(
      {
        timestamp: this.#timestamp,
        firstSequence: this.#firstSequence,
        packets: this.#packets,
        packetsLost,
        bytes: this.#bytes,
        reason: this.#reason,
      },
      this.#reader,
    );
  }
}
