import { FramelaneError } from '../../error.js';
import type { SendPlan } from '../send-plan.js';
import { HeaderWriter } from './header-writer.js';
import type { PacketContext, Payloader, UnitBytes } from './payloader.js';

/** Bytes of the generic payload header. */
export const genericHeaderBytes = 4;

/** How units of any bytes are to be sent. */
export interface GenericPayloaderOptions {
  /**
   * Whether packets carry no payload header at all, default false: for payload formats that have none, as audio (one
   * unit a packet), and for other people's receivers. A receiver cannot tell then whether a unit's beginning was lost.
   */
  readonly bare?: boolean;
}

/**
 * Any bytes on RTP, cut where a packet is full. No standard says how, so each packet has a header of our own, which lets
 * a receiver see that it has the whole unit, and know how much is to come:
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |S|      bytes of the whole unit when S (first packet), else 0  |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The marker is on the last packet of the unit. An SDP calls it `x-framelane-generic`.
 */
export class GenericPayloader implements Payloader {
  readonly codec = 'generic';
  readonly #headerBytes: number;
  readonly #writer = new HeaderWriter();
  readonly #first = { headerOffset: 0, headerBytes: 0, payloadBytes: 0 };
  readonly #middle = { headerOffset: 0, headerBytes: 0, payloadBytes: 0 };
  readonly #last = { headerOffset: 0, headerBytes: 0, payloadBytes: 0 };

  constructor({ bare = false }: GenericPayloaderOptions = {}) {
    this.#headerBytes = bare ? 0 : genericHeaderBytes;
  }

  packetize({ data }: UnitBytes, context: PacketContext, plan: SendPlan): void {
    this.#writer.begin(context, plan, data.length, this.#headerBytes + 1);
    if (data.length === 0) throw new FramelaneError('BAD_ARGUMENT', 'an empty unit cannot be sent: leave it out');
    const room = this.#writer.room - this.#headerBytes;
    const count = Math.ceil(data.length / room);
    this.#shape(this.#first, data.length, count === 1, Math.min(room, data.length), plan);
    if (count === 1) {
      const step = plan.packet(this.#first.headerOffset, this.#first.headerBytes);
      plan.piece(step, 0, data.length);
      return;
    }
    if (count > 2) this.#shape(this.#middle, 0, false, room, plan);
    else this.#middle.headerOffset = this.#middle.headerBytes = this.#middle.payloadBytes = 0;
    this.#shape(this.#last, 0, true, data.length - (count - 1) * room, plan);
    plan.fragments(count, 0, this.#first, this.#middle, this.#last);
  }

  /** `unitBytes` is 0 in all packets but the first. */
  #shape(
    shape: { headerOffset: number; headerBytes: number; payloadBytes: number },
    unitBytes: number,
    marker: boolean,
    payloadBytes: number,
    plan: SendPlan,
  ): void {
    const at = this.#writer.write(this.#headerBytes, marker);
    shape.headerOffset = at;
    shape.headerBytes = this.#writer.bytes + this.#headerBytes;
    shape.payloadBytes = payloadBytes;
    if (this.#headerBytes === 0) return;
    const header = at + this.#writer.bytes;
    plan.headers[header] = (unitBytes > 0 ? 0x80 : 0) | (unitBytes >>> 24);
    plan.headers[header + 1] = unitBytes >>> 16;
    plan.headers[header + 2] = unitBytes >>> 8;
    plan.headers[header + 3] = unitBytes;
  }
}
