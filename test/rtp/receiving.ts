import {
  type LostUnit,
  ReceiverCore,
  type ReceiverCoreOptions,
  type RtpPacketInit,
  rtpPacket,
  type StreamFormat,
} from '../../src/rtp/index.js';
import { deliver } from './batch.js';

/** A unit as it came out, its memory given back. */
export interface ReceivedUnit {
  readonly data: Uint8Array;
  readonly nalUnits: readonly number[];
  readonly keyFrame: boolean;
  readonly timestamp: number | undefined;
  readonly sequence: number;
  readonly ssrc: number;
}

/** A receiver with what comes out of it. */
export class Receiving {
  readonly units: ReceivedUnit[] = [];
  readonly lost: LostUnit[] = [];
  readonly core: ReceiverCore;

  constructor(format: StreamFormat, options: Partial<ReceiverCoreOptions> & { trustStart?: boolean } = {}) {
    this.core = new ReceiverCore({
      streams: [{ payloadType: 96, format, trustStart: options.trustStart ?? false }],
      onUnit: (unit, source) => {
        const { keyFrame, timestamp, sequence } = unit;
        const nalUnits = [...unit.nalUnits];
        this.units.push({ data: unit.data.slice(), nalUnits, keyFrame, timestamp, sequence, ssrc: source.ssrc });
        unit.release();
      },
      onLost: (unit) => this.lost.push(unit),
      ...options,
    });
  }

  /** The packets, made of what is given, arrive as one batch. */
  take(packets: readonly (Uint8Array | Partial<RtpPacketInit>)[], nowMs = 0): this {
    const datagrams = packets.map((packet) => (packet instanceof Uint8Array ? packet : packetOf(packet)));
    deliver(this.core, datagrams, nowMs);
    return this;
  }

  /** Why units were lost, in order. */
  get reasons(): string[] {
    return this.lost.map(({ reason }) => reason);
  }
}

/** A packet of payload type 96, SSRC 7, timestamp 0. */
export function packetOf(init: Partial<RtpPacketInit>): Uint8Array {
  return rtpPacket({ payloadType: 96, ssrc: 7, timestamp: 0, sequence: 0, ...init });
}

/** Payloads as packets of one unit: numbers from `sequence`, marker on the last. */
export function unitPackets(
  payloads: readonly (readonly number[])[],
  { sequence = 0, timestamp = 0, ssrc = 7 } = {},
): Uint8Array[] {
  return payloads.map((payload, index) =>
    packetOf({
      sequence: (sequence + index) & 0xffff,
      timestamp,
      ssrc,
      marker: index === payloads.length - 1,
      payload: Uint8Array.from(payload),
    }),
  );
}
