import { FramelaneError } from '../error.js';
import { AccessUnit } from '../nal/index.js';
import {
  SendPlan as Plan,
  type ReceptionOfUs,
  SenderClock,
  SenderCore,
  type SendPlan,
  type UnitBytes,
} from '../rtp/index.js';
import { type PayloadOptions, payloaderOf, usualPayloadType } from './payloader-of.js';
import { RtcpLink, random32 } from './rtcp-link.js';
import { RtpTransport, type RtpTransportOptions } from './rtp-transport.js';
import { SenderDescription } from './sender-description.js';
import type { UdpStatistics } from './statistics.js';
import { UnitFinder } from './unit-bytes.js';

/** Where a stream goes and how, beside its codec. */
export interface RtpStreamOptions extends Omit<RtpTransportOptions, 'remote'> {
  /** Address or name of whom to send to; a multicast group too. Not with `transport`. */
  readonly address?: string;
  /** UDP port to send to. Not with `transport`. */
  readonly port?: number;
  /** Sockets that several streams share; they close with the last of them. */
  readonly transport?: RtpTransport;
  /** Payload type, 0 to 127; default 96, for JPEG 26. */
  readonly payloadType?: number;
  /** Synchronization source; default random. */
  readonly ssrc?: number;
  /** Ticks a second of the timestamps, in Hz; default 90000, as all video has it. */
  readonly clockRate?: number;
  /** Units a second, for the timestamps of units that have none and no capture time; default: when they are written. */
  readonly frameRate?: number;
  /** Bytes of the largest packet, RTP header included, UDP and IP headers not; default 1400. */
  readonly maxPacketBytes?: number;
  /** Sends an empty datagram after so many ms without a packet, so that a firewall keeps the way open (RFC 6263); default: never. */
  readonly keepAliveMs?: number;
  /** A receiver asks for a picture that a decoder can begin with. */
  readonly onKeyFrameRequest?: (from: number) => void;
  /** A receiver misses packets, by their sequence numbers. */
  readonly onNack?: (from: number, sequences: readonly number[]) => void;
  /** A receiver says how it receives. */
  readonly onReception?: (report: ReceptionOfUs) => void;
  /** The description has changed, for parameter sets were sent that it did not have. Must not throw. */
  readonly onDescription?: (sdp: string) => void;
}

/** How a stream is sent. */
export type RtpSenderOptions = RtpStreamOptions & PayloadOptions;

/** When a unit was taken; what is left out is taken from the unit, or made up. */
export interface UnitTiming {
  /** RTP timestamp in ticks of the stream's clock, modulo 2^32. */
  readonly timestamp?: number;
  /** ns since 1970. */
  readonly captureTime?: bigint;
}

const unknownTiming: UnitTiming = {};

/** What a sender did so far. */
export interface RtpSenderStatistics extends UdpStatistics {
  /** Access units sent. */
  readonly units: number;
  /** RTP packets of this stream. */
  readonly packets: number;
  /** Bytes of RTP of this stream, headers included. */
  readonly bytes: number;
}

/** Sends the access units of one stream over RTP. */
export class RtpSender implements AsyncDisposable {
  /** The sockets. */
  readonly transport: RtpTransport;
  /** Codec, payload type, packet sizes, and everything else that it was opened with. */
  readonly options: RtpSenderOptions;
  readonly #core: SenderCore;
  readonly #clock: SenderClock;
  readonly #finder: UnitFinder;
  readonly #description: SenderDescription;
  readonly #rtcp: RtcpLink | undefined;
  /** Plans that no write uses now. */
  readonly #plans: SendPlan[] = [];
  readonly #keepAlive: NodeJS.Timeout | undefined;
  #units = 0;
  #bytes = 0;
  #lastSent = 0;
  #closed = false;

  /** Opens the sockets. Throws `BAD_ARGUMENT`, `UNREACHABLE`, `ADDRESS_IN_USE`. */
  static async open(options: RtpSenderOptions): Promise<RtpSender> {
    const { transport, address, port, ...rest } = options;
    if (transport !== undefined) return new RtpSender(transport, options);
    if (address === undefined || port === undefined) {
      throw new FramelaneError('BAD_ARGUMENT', 'whom to send to? Give `address` and `port`, or a `transport`');
    }
    const { frameRate } = options;
    const unitInterval = frameRate === undefined ? undefined : 1000 / frameRate;
    const fresh = await RtpTransport.open({ unitInterval, ...rest, remote: { address, port } });
    try {
      return new RtpSender(fresh, options);
    } catch (error) {
      fresh.close();
      throw error;
    }
  }

  private constructor(transport: RtpTransport, options: RtpSenderOptions) {
    const { clockRate = 90_000, ssrc = random32(), maxPacketBytes, keepAliveMs } = options;
    if (transport.srtp !== undefined && transport.srtp.sendKey === undefined) {
      throw new FramelaneError('BAD_ARGUMENT', 'nothing can be sent: give `srtp.sendKey`');
    }
    this.transport = transport;
    this.options = options;
    this.#finder = new UnitFinder(options.codec);
    this.#description = new SenderDescription(options);
    this.#clock = new SenderClock(0, clockRate);
    this.#core = new SenderCore({
      payloader: payloaderOf(options),
      payloadType: options.payloadType ?? usualPayloadType(options.codec),
      ssrc,
      // SRTP counts rounds from 0: a stream that begins in the first half of one loses nobody early (RFC 3711 3.3.1).
      sequence: random32() & (transport.srtp === undefined ? 0xffff : 0x7fff),
      timestampOffset: random32(),
      maxPacketBytes,
    });
    this.#rtcp = transport.rtcp === undefined ? undefined : this.#link(clockRate);
    if (keepAliveMs !== undefined) {
      this.#keepAlive = setInterval(() => this.#stayOpen(keepAliveMs), keepAliveMs).unref();
    }
    transport.join();
  }

  /** Synchronization source. */
  get ssrc(): number {
    return this.#core.ssrc;
  }

  /** Payload type. */
  get payloadType(): number {
    return this.#core.payloadType;
  }

  /**
   * What a receiver has to know, as an SDP (RFC 8866) that ffplay, VLC and GStreamer open. Parameter sets are in it once
   * they were sent. With SRTP the key is in it (RFC 4568): whoever reads it can read the stream. Throws `BAD_ARGUMENT` for
   * a transport that does not say whom it sends to.
   */
  get sdp(): string {
    const { transport, options } = this;
    const { remote } = transport.media;
    if (remote === undefined) throw new FramelaneError('BAD_ARGUMENT', 'the transport has no remote end to describe');
    return this.#description.sdp({
      remote,
      payloadType: this.payloadType,
      clockRate: this.#clock.clockRate,
      ssrc: this.ssrc,
      rtcp: transport.rtcp === undefined ? 'none' : transport.rtcp === transport.media ? 'mux' : 'next',
      ttl: options.multicast?.ttl,
      frameRate: options.frameRate,
      key: transport.srtp?.sendKey,
    });
  }

  /** What was sent so far; the numbers of the socket are those of all who share it. */
  get statistics(): RtpSenderStatistics {
    const { media } = this.transport;
    return { ...media.statistics, units: this.#units, packets: this.#core.packets, bytes: this.#bytes };
  }

  /**
   * Sends an access unit; bytes are Annex B for NAL codecs. Resolves when the kernel has taken all of its packets: wait
   * for it before the next one, that is the back-pressure. The bytes must not change before. Throws `NAL_INVALID`,
   * `JPEG_INVALID`, `FRAME_INVALID` for a unit that cannot be sent, `SOCKET_CLOSED`, `LIMIT_EXCEEDED` when too many wait.
   */
  async write(unit: AccessUnit | Uint8Array, timing: UnitTiming = unknownTiming): Promise<void> {
    if (this.#closed) throw new FramelaneError('SOCKET_CLOSED', 'the sender was closed: open another');
    const plan = this.#plans.pop() ?? new Plan();
    try {
      const bytes = this.#finder.find(unit);
      const { sequence } = this.#core;
      this.#plan(bytes, unit instanceof AccessUnit ? unit : unknownTiming, timing, plan);
      await this.#send(plan, bytes.data, sequence);
    } finally {
      this.#plans.push(plan);
    }
    this.#units++;
    this.#lastSent = performance.now();
  }

  /** Says goodbye and closes; units that wait fail with `SOCKET_CLOSED`. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#keepAlive);
    this.#rtcp?.close();
    this.transport.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Plans a unit, by what is said of its time or else by what it says itself, and tells those who want to know. */
  #plan(bytes: UnitBytes, itself: UnitTiming, said: UnitTiming, plan: SendPlan): void {
    const captureTime = said.captureTime ?? itself.captureTime ?? 0n;
    const timestamp = said.timestamp ?? itself.timestamp ?? this.#ticks(captureTime);
    const { octets } = this.#core;
    this.#core.plan(bytes, timestamp, undefined, plan);
    this.#bytes += plan.bytes;
    this.#report(plan.packets, this.#core.octets - octets, captureTime);
    if (this.#description.update(bytes)) this.options.onDescription?.(this.sdp);
  }

  /** Sends a plan, the first packet of which has that sequence number. */
  #send(plan: SendPlan, data: Uint8Array, sequence: number): Promise<void> {
    const { media, srtp } = this.transport;
    return srtp === undefined ? media.send(plan, data) : this.#sendProtected(srtp, plan, data, sequence);
  }

  async #sendProtected(
    srtp: NonNullable<RtpTransport['srtp']>,
    plan: SendPlan,
    data: Uint8Array,
    sequence: number,
  ): Promise<void> {
    const { plan: sent, transform, done } = srtp.protect(this.ssrc, sequence, plan, data);
    try {
      await this.transport.media.send(sent, data, transform === undefined ? {} : { transform });
    } finally {
      done();
    }
  }

  /** Ticks of a unit that says no timestamp: when it was taken, or its number at the frame rate, or now. */
  #ticks(captureTime: bigint): number {
    const { frameRate } = this.options;
    if (captureTime > 0n) return this.#clock.timestampOf(captureTime);
    if (frameRate !== undefined) return Math.round((this.#core.units * this.#clock.clockRate) / frameRate) % 2 ** 32;
    return this.#clock.timestampOf(now());
  }

  #report(packets: number, octets: number, captureTime: bigint): void {
    if (this.#rtcp === undefined) return;
    this.#rtcp.session.unitSent(packets, octets, this.#core.timestamp, captureTime, performance.now());
    this.#rtcp.schedule();
  }

  #link(clockRate: number): RtcpLink {
    const { onKeyFrameRequest, onNack, onReception } = this.options;
    return new RtcpLink(this.transport, {
      ssrc: this.#core.ssrc,
      clockRate,
      multicast: this.options.multicast !== undefined,
      events: {
        keyFrameRequested: (from) => onKeyFrameRequest?.(from),
        nackReceived: (from, sequences) => onNack?.(from, sequences),
        receptionReport: (report) => onReception?.(report),
      },
    });
  }

  #stayOpen(afterMs: number): void {
    if (performance.now() - this.#lastSent >= afterMs) this.transport.media.sendDatagram(new Uint8Array(0));
  }
}

/** ns since 1970. */
function now(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
}
