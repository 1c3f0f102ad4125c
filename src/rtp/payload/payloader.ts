import type { Codec } from '../../nal/index.js';
import type { SendPlan } from '../send-plan.js';

/** What the packets of one access unit have in common. */
export interface PacketContext {
  /** Payload type, 0 to 127. */
  readonly payloadType: number;
  /** Synchronization source, 0 to 2^32 - 1. */
  readonly ssrc: number;
  /**
   * Number of the first packet. The low 16 bits go into the header, the next 16 into the extended sequence number of
   * RFC 4175; those who count on add the plan's packets afterwards.
   */
  readonly sequence: number;
  /** RTP timestamp, modulo 2^32. */
  readonly timestamp: number;
  /** Header extension of every packet, from its profile on, whole words of 4 bytes: see `headerExtension`. */
  readonly extension?: Uint8Array | undefined;
  /** Bytes of the largest packet, RTP header included, UDP and IP headers not: 64 to 65507. */
  readonly maxPacketBytes: number;
}

/** The bytes of one access unit; an `AccessUnit` is one. */
export interface UnitBytes {
  /** The bytes; they are only read, and only when the plan is carried out. */
  readonly data: Uint8Array;
  /** Where the NAL units are: pairs of offset and length in bytes of `data`. Not looked at by codecs that have none. */
  readonly nalUnits: Uint32Array;
  /** NAL units in it. */
  readonly nalUnitCount: number;
}

/** Cuts access units into the payloads of RTP packets, as the standard of its codec says. */
export interface Payloader {
  /** The codec whose units it takes. */
  readonly codec: Codec;
  /**
   * Adds the packets of one unit to a plan; the marker is on the very last. Throws `NAL_INVALID`, `JPEG_INVALID`,
   * `FRAME_INVALID` or `UNSUPPORTED` for a unit that cannot be sent, `LIMIT_EXCEEDED` for one too large and `BAD_ARGUMENT` for a
   * context that makes no sense; the plan is then to be thrown away.
   */
  packetize(unit: UnitBytes, context: PacketContext, plan: SendPlan): void;
}
