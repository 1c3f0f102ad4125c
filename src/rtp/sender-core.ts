import { FramelaneError } from '../error.js';
import { rtpHeaderBytes } from './packet.js';
import type { PacketContext, Payloader, UnitBytes } from './payload/payloader.js';
import { SendPlan } from './send-plan.js';

/** What a stream that is sent consists of. Nothing in it is made up: randomness is handed in. */
export interface SenderCoreOptions {
  /** Cuts the units up; it belongs to this stream alone. */
  readonly payloader: Payloader;
  /** Payload type, 0 to 127; 96 to 127 are what an SDP gives a meaning to. */
  readonly payloadType: number;
  /** Synchronization source, 0 to 2^32 - 1; random (RFC 3550 section 8). */
  readonly ssrc: number;
  /** Number of the first packet, 0 to 65535; random (RFC 3550 section 5.1). */
  readonly sequence: number;
  /** Added to every timestamp, modulo 2^32; random (RFC 3550 section 5.1). Default 0. */
  readonly timestampOffset?: number;
  /** Bytes of the largest packet, RTP header included, UDP and IP headers not; default 1400. */
  readonly maxPacketBytes?: number;
}

/** What fits through any network of today: 1500 bytes of Ethernet less headers of IP, UDP, SRTP and a tunnel. */
export const defaultMaxPacketBytes = 1400;

/**
 * One stream on its way out: says which packets an access unit becomes, and counts them. It has no socket and no
 * clock: whoever has those carries out the plan.
 */
export class SenderCore {
  /** Cuts the units up. */
  readonly payloader: Payloader;
  readonly #plan = new SendPlan();
  readonly #context: { -readonly [Name in keyof PacketContext]: PacketContext[Name] };
  readonly #timestampOffset: number;
  #units = 0;
  #packets = 0;
  #octets = 0;

  /** Throws `BAD_ARGUMENT` for numbers that do not fit their fields. */
  constructor(options: SenderCoreOptions) {
    const { payloader, payloadType, ssrc, sequence, timestampOffset = 0 } = options;
    const { maxPacketBytes = defaultMaxPacketBytes } = options;
    checkWhole('payloadType', payloadType, 127);
    checkWhole('ssrc', ssrc, 0xffff_ffff);
    checkWhole('sequence', sequence, 0xffff);
    checkWhole('timestampOffset', timestampOffset, 0xffff_ffff);
    this.payloader = payloader;
    this.#timestampOffset = timestampOffset;
    this.#context = { payloadType, ssrc, sequence, timestamp: timestampOffset, extension: undefined, maxPacketBytes };
  }

  /** Synchronization source. */
  get ssrc(): number {
    return this.#context.ssrc;
  }

  /** Payload type. */
  get payloadType(): number {
    return this.#context.payloadType;
  }

  /** Sequence number of the next packet, 0 to 65535. */
  get sequence(): number {
    return this.#context.sequence & 0xffff;
  }

  /** RTP timestamp of the last unit as it is on the wire, offset included: what a sender report refers to. */
  get timestamp(): number {
    return this.#context.timestamp;
  }

  /** Units planned so far. */
  get units(): number {
    return this.#units;
  }

  /** Packets planned so far: the "sender's packet count" of RFC 3550 section 6.4.1, there modulo 2^32. */
  get packets(): number {
    return this.#packets;
  }

  /** Bytes of payload without headers and padding: the "sender's octet count", there modulo 2^32. */
  get octets(): number {
    return this.#octets;
  }

  /** RTP timestamp on the wire for a timestamp of the stream, modulo 2^32. */
  wireTimestamp(timestamp: number): number {
    return (timestamp + this.#timestampOffset) >>> 0;
  }

  /**
   * The packets of one unit. `timestamp` counts ticks of the stream's clock, before the offset; `extension` stands in
   * each packet, as `headerExtension` writes it. The plan is good until the next call, which uses its memory again. A
   * unit that cannot be sent throws what {@link Payloader.packetize} says and moves nothing on. `into` is for those who
   * need more than one plan at a time.
   */
  plan(unit: UnitBytes, timestamp: number, extension?: Uint8Array, into: SendPlan = this.#plan): SendPlan {
    const plan = into;
    plan.clear();
    this.#context.timestamp = this.wireTimestamp(timestamp);
    this.#context.extension = extension;
    this.payloader.packetize(unit, this.#context, plan);
    // Not cut to 16 bits: RFC 4175 sends 32. Below 2^32 it stays exact for ever.
    this.#context.sequence = (this.#context.sequence + plan.packets) >>> 0;
    this.#units++;
    this.#packets += plan.packets;
    this.#octets += plan.bytes - plan.packets * (rtpHeaderBytes + (extension?.length ?? 0)) - plan.paddingBytes;
    return plan;
  }
}

function checkWhole(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new FramelaneError('BAD_ARGUMENT', `${name} is ${value}; it must be a whole number in 0..${most}`);
}
