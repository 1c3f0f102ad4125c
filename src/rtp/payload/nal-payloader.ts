import { FramelaneError } from '../../error.js';
import type { NalCodec } from '../../nal/index.js';
import { inHeaders, type SendPlan } from '../send-plan.js';
import { HeaderWriter } from './header-writer.js';
import type { PacketContext, Payloader, UnitBytes } from './payloader.js';

/** NAL units in one aggregation packet: two pieces each must stay below the 1024 of a gathering system call. */
const aggregatedUnitLimit = 256;

/** Payload bytes without which a packet is no use: a fragment header and a few bytes. */
const leastPayloadBytes = 16;

/** What tells the payload formats of NAL units apart, in bytes and yes or no. */
export interface NalFormat {
  /** Bytes of a NAL unit header. */
  readonly nalHeaderBytes: number;
  /** Bytes of an aggregation packet's payload header. */
  readonly aggregationHeaderBytes: number;
  /** Bytes in front of a fragment's payload, decoding order number left out. */
  readonly fragmentHeaderBytes: number;
  /** NAL unit types that the payload format has taken for its own packets: they cannot be sent. */
  readonly ownTypes: { readonly least: number; readonly most: number };
  /** Bytes of the decoding order number (DONL) in single, aggregation and first fragment packets; 0 when there is none. */
  readonly orderBytes: number;
  /** Bytes of the difference of decoding order numbers (DOND) of the later units of an aggregation packet. */
  readonly orderDifferenceBytes: number;
  /** Whether small units may share a packet and large ones be cut up. */
  readonly aggregates: boolean;
}

/**
 * What H.264, H.265 and H.266 have in common on RTP: a NAL unit goes alone, together with its neighbours, or in
 * fragments. All fragments of a unit but the last fill a packet, so they leave as one train.
 */
export abstract class NalPayloader implements Payloader {
  abstract readonly codec: NalCodec;
  readonly #format: NalFormat;
  readonly #writer = new HeaderWriter();
  /** Decoding order number of the next NAL unit, 16 bits. */
  #order = 0;
  // Used again from unit to unit, so that nothing is allocated.
  readonly #first = { headerOffset: 0, headerBytes: 0, payloadBytes: 0 };
  readonly #middle = { headerOffset: 0, headerBytes: 0, payloadBytes: 0 };
  readonly #last = { headerOffset: 0, headerBytes: 0, payloadBytes: 0 };

  constructor(format: NalFormat) {
    this.#format = format;
  }

  packetize(unit: UnitBytes, context: PacketContext, plan: SendPlan): void {
    const { data, nalUnits, nalUnitCount } = unit;
    this.#writer.begin(context, plan, data.length, leastPayloadBytes);
    this.#check(data, nalUnits, nalUnitCount);
    for (let index = 0; index < nalUnitCount; ) {
      const end = this.#together(nalUnits, nalUnitCount, index);
      const isLast = end === nalUnitCount;
      if (end - index > 1) this.#aggregate(unit, index, end, isLast, plan);
      else if (this.#fits(nalUnits[2 * index + 1] as number)) this.#single(unit, index, isLast, plan);
      else this.#fragment(unit, index, isLast, plan);
      index = end;
    }
    this.#order = (this.#order + nalUnitCount) & 0xffff;
  }

  /** The type of the NAL unit whose header is at `at`. */
  protected abstract typeAt(data: Uint8Array, at: number): number;

  /** Writes the payload header of an aggregation packet with the NAL units from `index` up to `end`. */
  protected abstract writeAggregationHeader(
    into: Uint8Array,
    at: number,
    unit: UnitBytes,
    index: number,
    end: number,
  ): void;

  /** Writes payload header and fragment header of a fragment of NAL unit `index`; `isStart` and `isEnd` say which one. */
  protected abstract writeFragmentHeader(
    into: Uint8Array,
    at: number,
    unit: UnitBytes,
    index: number,
    isStart: boolean,
    isEnd: boolean,
  ): void;

  /** What to say, and throw, when a NAL unit is too large to go alone and must not be cut up; by default it may be. */
  protected refuseFragments(_index: number, _bytes: number, _room: number): void {}

  #check(data: Uint8Array, nalUnits: Uint32Array, count: number): void {
    if (count < 1 || 2 * count > nalUnits.length) {
      const message = `an access unit of ${this.codec} without NAL units cannot be sent: is a start code missing?`;
      throw new FramelaneError('NAL_INVALID', message, { count, length: data.length });
    }
    for (let index = 0; index < count; index++) {
      const offset = nalUnits[2 * index] as number;
      const length = nalUnits[2 * index + 1] as number;
      if (length < this.#format.nalHeaderBytes || offset + length > data.length) {
        throw this.#refused(index, offset, `has ${length} bytes: ${length === 0 ? 'leave it out' : 'it is cut off'}`);
      }
      const type = this.typeAt(data, offset);
      const { least, most } = this.#format.ownTypes;
      if (type >= least && type <= most) {
        throw this.#refused(index, offset, `is of type ${type}, which RTP uses for itself`);
      }
    }
  }

  #refused(index: number, offset: number, what: string): FramelaneError {
    return new FramelaneError('NAL_INVALID', `NAL unit ${index} at byte ${offset} of an ${this.codec} unit ${what}`, {
      offset,
    });
  }

  #fits(length: number): boolean {
    return length + this.#format.orderBytes <= this.#writer.room;
  }

  /** The first NAL unit behind `index` that does not go into the same packet. */
  #together(nalUnits: Uint32Array, count: number, index: number): number {
    const { aggregates, aggregationHeaderBytes, orderBytes, orderDifferenceBytes } = this.#format;
    if (!aggregates) return index + 1;
    const most = Math.min(count, index + aggregatedUnitLimit);
    // The first unit has no difference; the room says so by giving one back.
    let room = this.#writer.room - aggregationHeaderBytes - orderBytes + orderDifferenceBytes;
    let end = index;
    while (end < most) {
      room -= orderDifferenceBytes + 2 + (nalUnits[2 * end + 1] as number);
      if (room < 0) break;
      end++;
    }
    return Math.max(end, index + 1);
  }

  #single({ data, nalUnits }: UnitBytes, index: number, isLast: boolean, plan: SendPlan): void {
    const { nalHeaderBytes, orderBytes } = this.#format;
    const offset = nalUnits[2 * index] as number;
    const length = nalUnits[2 * index + 1] as number;
    // The order number stands between NAL unit header and the rest: then the header moves into our memory.
    const moved = orderBytes > 0 ? nalHeaderBytes : 0;
    const at = this.#writer.write(moved + orderBytes, isLast);
    const { bytes } = this.#writer;
    for (let byte = 0; byte < moved; byte++) plan.headers[at + bytes + byte] = data[offset + byte] as number;
    this.#writeOrder(plan, at + bytes + moved, index);
    const step = plan.packet(at, bytes + moved + orderBytes);
    if (length > moved) plan.piece(step, offset + moved, length - moved);
  }

  #aggregate(unit: UnitBytes, index: number, end: number, isLast: boolean, plan: SendPlan): void {
    const { nalUnits } = unit;
    const { aggregationHeaderBytes, orderBytes, orderDifferenceBytes } = this.#format;
    const payloadHeader = aggregationHeaderBytes + orderBytes + 2;
    const at = this.#writer.write(payloadHeader, isLast);
    const { bytes } = this.#writer;
    this.writeAggregationHeader(plan.headers, at + bytes, unit, index, end);
    this.#writeOrder(plan, at + bytes + aggregationHeaderBytes, index);
    writeUint16(plan.headers, at + bytes + payloadHeader - 2, nalUnits[2 * index + 1] as number);
    const step = plan.packet(at, bytes + payloadHeader);
    plan.piece(step, nalUnits[2 * index] as number, nalUnits[2 * index + 1] as number);
    for (let next = index + 1; next < end; next++) {
      const size = plan.header(orderDifferenceBytes + 2);
      // DOND is the difference minus one, and decoding order is sending order: 0.
      if (orderDifferenceBytes > 0) plan.headers[size] = 0;
      writeUint16(plan.headers, size + orderDifferenceBytes, nalUnits[2 * next + 1] as number);
      plan.piece(step, inHeaders + size, orderDifferenceBytes + 2);
      plan.piece(step, nalUnits[2 * next] as number, nalUnits[2 * next + 1] as number);
    }
  }

  /** The NAL unit header is not sent: it can be made again from payload header and fragment header. */
  #fragment(unit: UnitBytes, index: number, isLast: boolean, plan: SendPlan): void {
    const { nalHeaderBytes, fragmentHeaderBytes, orderBytes } = this.#format;
    const offset = unit.nalUnits[2 * index] as number;
    const length = unit.nalUnits[2 * index + 1] as number;
    this.refuseFragments(index, length, this.#writer.room);
    const room = this.#writer.room - fragmentHeaderBytes;
    const payload = length - nalHeaderBytes;
    // At least 2: what does not fit into a packet of its own does not fit behind a longer header either.
    const count = 1 + Math.ceil((payload - (room - orderBytes)) / room);
    this.#shape(this.#first, unit, index, true, false, false, plan);
    this.#first.payloadBytes = room - orderBytes;
    if (count > 2) this.#shape(this.#middle, unit, index, false, false, false, plan);
    else this.#middle.headerOffset = this.#middle.headerBytes = 0;
    this.#middle.payloadBytes = count > 2 ? room : 0;
    this.#shape(this.#last, unit, index, false, true, isLast, plan);
    this.#last.payloadBytes = payload - (room - orderBytes) - (count - 2) * room;
    plan.fragments(count, offset + nalHeaderBytes, this.#first, this.#middle, this.#last);
  }

  #shape(
    shape: { headerOffset: number; headerBytes: number },
    unit: UnitBytes,
    index: number,
    isStart: boolean,
    isEnd: boolean,
    marker: boolean,
    plan: SendPlan,
  ): void {
    const { fragmentHeaderBytes, orderBytes } = this.#format;
    const payloadHeader = fragmentHeaderBytes + (isStart ? orderBytes : 0);
    const at = this.#writer.write(payloadHeader, marker);
    const { bytes } = this.#writer;
    this.writeFragmentHeader(plan.headers, at + bytes, unit, index, isStart, isEnd);
    if (isStart) this.#writeOrder(plan, at + bytes + fragmentHeaderBytes, index);
    shape.headerOffset = at;
    shape.headerBytes = bytes + payloadHeader;
  }

  /** The 16 bits of the decoding order number of NAL unit `index`, where the stream has them. */
  #writeOrder(plan: SendPlan, at: number, index: number): void {
    if (this.#format.orderBytes > 0) writeUint16(plan.headers, at, this.#order + index);
  }
}

function writeUint16(into: Uint8Array, at: number, value: number): void {
  into[at] = value >> 8;
  into[at + 1] = value;
}
