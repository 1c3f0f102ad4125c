import { FramelaneError } from '../error.js';
import { type AccessUnit, isNalCodec } from '../nal/index.js';
import { native } from '../native.js';
import {
  type LostUnit,
  type ReceivedSource,
  type ReceivedStream,
  type ReceiveLimits,
  ReceiverCore,
  type ReceiveStatistics,
  type RemoteSource,
  type StreamFormat,
} from '../rtp/index.js';
import { addressOfRow } from './address.js';
import { rowWords } from './receive-loop.js';
import { RtcpLink, random32 } from './rtcp-link.js';
import { RtpTransport, type RtpTransportOptions } from './rtp-transport.js';
import type { UdpStatistics } from './statistics.js';
import { UnitQueue } from './unit-queue.js';

/** How units are received. */
export interface RtpReceiverOptions extends Omit<RtpTransportOptions, 'local'>, ReceiveLimits {
  /** Address to receive at; default: all of this machine. For a multicast group give `multicast.group`. */
  readonly address?: string;
  /** UDP port to receive at; 0, the default: one that is free. */
  readonly port?: number;
  /** Sockets that senders share with this receiver; they close with the last of them. */
  readonly transport?: RtpTransport;
  /** What the payloads are, whatever their payload type; or give `streams`. */
  readonly format?: StreamFormat;
  /** What each payload type stands for, where there are several. */
  readonly streams?: readonly ReceivedStream[];
  /** Ticks a second of the timestamps, in Hz, with `format`; default 90000. */
  readonly clockRate?: number;
  /** With `format`: see `ReceivedStream.trustStart`. Default false. */
  readonly trustStart?: boolean;
  /** Units that wait to be taken, at most; those that find no room are lost and reported so. Default 64. */
  readonly maxQueuedUnits?: number;
  /** Bytes of the units that wait, at most, but for a single one; default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** Asks the sender for a key frame when a unit is lost, at most once in so many ms; 0: never. Default 500. */
  readonly keyFrameRequestMs?: number;
  /** Sends an empty datagram to the remote end each so many ms, so that a firewall lets its packets in; default: never. */
  readonly keepAliveMs?: number;
  /** Told of each unit that was lost. Must not throw. */
  readonly onLost?: (lost: LostUnit) => void;
  /** Told of a source that is new. Must not throw. */
  readonly onSource?: (source: ReceivedSource) => void;
  /** Told when a source has said goodbye and the last of its packets had time to arrive. Must not throw. */
  readonly onGoodbye?: (ssrc: number) => void;
  /** Told of a source that said goodbye, was silent for long or made room for another. Must not throw. */
  readonly onSourceEnd?: (ssrc: number) => void;
}

/** What a receiver did so far. */
export interface RtpReceiverStatistics extends UdpStatistics, Readonly<Omit<ReceiveStatistics, 'kernelDrops'>> {
  /** Access units that arrived whole. */
  readonly units: number;
  /** Access units of which something arrived, but not all. */
  readonly lostUnits: number;
  /** Units that arrived whole and found no room among those that wait to be taken: they are among the lost. */
  readonly overflows: number;
  /** RTP packets that never came, or too late. */
  readonly lost: number;
}

/** A goodbye comes by another socket than the last packets, and may be read before them; ms that they have. */
const goodbyeMs = 150;

/** Payload types that have no fixed meaning, and those of JPEG (RFC 3551 section 6): all that video has. */
const videoPayloadTypes = [26, ...Array.from({ length: 32 }, (_, index) => 96 + index)];

/**
 * Receives access units over RTP. Iterate it: units come whole and in the order of sending; release each when it is done
 * with (`using unit`), so that its memory is used again.
 */
export class RtpReceiver implements AsyncIterable<AccessUnit>, AsyncDisposable {
  /** The sockets. */
  readonly transport: RtpTransport;
  readonly #options: RtpReceiverOptions;
  readonly #core: ReceiverCore;
  readonly #queue: UnitQueue<AccessUnit>;
  readonly #rtcp: RtcpLink | undefined;
  readonly #remotes = new Map<number, RemoteSource>();
  /** Units of this batch: their bytes are there only when the batch is done. */
  readonly #arrived: AccessUnit[] = [];
  readonly #counts = { units: 0, lostUnits: 0, overflows: 0 };
  /** Of sources that are gone. */
  #lostBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #keepAlive: NodeJS.Timeout | undefined;
  #lastRequest = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** Opens the sockets and receives from then on. Throws `BAD_ARGUMENT`, `ADDRESS_IN_USE`, `UNREACHABLE`. */
  static async open(options: RtpReceiverOptions): Promise<RtpReceiver> {
    const { transport, address, port = 0, ...rest } = options;
    if (transport !== undefined) return new RtpReceiver(transport, options);
    const fresh = await RtpTransport.open({ ...rest, local: { address, port } });
    try {
      return new RtpReceiver(fresh, options);
    } catch (error) {
      fresh.close();
      throw error;
    }
  }

  private constructor(transport: RtpTransport, options: RtpReceiverOptions) {
    this.transport = transport;
    this.#options = options;
    this.#queue = new UnitQueue(Math.max(1, options.maxQueuedUnits ?? 64), options.maxQueuedBytes ?? 64 << 20);
    this.#core = this.#makeCore();
    transport.listen((slab, table, rows, now) => this.#receive(slab, table, rows, now));
    if (transport.rtcp !== undefined) this.#rtcp = this.#link();
    const { keepAliveMs } = options;
    if (keepAliveMs !== undefined) {
      this.#keepAlive = setInterval(() => transport.media.sendDatagram(new Uint8Array(0)), keepAliveMs).unref();
    }
    transport.join();
  }

  /** UDP port that RTP is received at. */
  get port(): number {
    return this.transport.media.local.port;
  }

  /** The sources that are heard now, by SSRC as a signed number. */
  get sources(): ReadonlyMap<number, ReceivedSource> {
    return this.#core.sources;
  }

  /** What was received so far; the numbers of the socket are those of all who share it. */
  get statistics(): RtpReceiverStatistics {
    let lost = this.#lostBefore;
    for (const source of this.#core.sources.values()) lost += source.statistics.lost;
    return { ...this.#core.statistics, ...this.transport.media.statistics, ...this.#counts, lost };
  }

  /**
   * The next access unit; undefined once the receiver was closed. Whoever aborts the signal gets undefined too, and loses
   * nothing.
   */
  async next(signal?: AbortSignal): Promise<AccessUnit | undefined> {
    const next = this.#queue.take();
    if (!(next instanceof Promise) || signal === undefined) return next;
    const stop = () => this.#queue.interrupt();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await next;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** The units, until the receiver is closed or the signal is aborted. */
  async *units(signal?: AbortSignal): AsyncGenerator<AccessUnit, void> {
    while (!signal?.aborted) {
      const unit = await this.next(signal);
      if (unit === undefined) return;
      yield unit;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<AccessUnit> {
    return this.units();
  }

  /** Asks a source for a picture that a decoder can begin with; without a number, all of them. Needs RTCP. */
  requestKeyFrame(ssrc?: number): void {
    const sources = ssrc === undefined ? [...this.#core.sources.values()].map((source) => source.ssrc) : [ssrc];
    for (const source of sources) this.#rtcp?.session.requestKeyFrame(source, performance.now());
    this.#rtcp?.schedule();
  }

  /** Says goodbye and receives no more; whoever iterates gets the units that wait, and then comes to the end. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#keepAlive);
    this.#rtcp?.close();
    this.transport.leave();
    this.#queue.end();
  }

  /** {@link end}, and units that wait are dropped. */
  async close(): Promise<void> {
    this.end();
    for (const unit of this.#queue.clear()) unit.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeCore(): ReceiverCore {
    return new ReceiverCore({
      ...this.#options,
      streams: streamsOf(this.#options),
      trailerBytes: this.transport.srtp?.trailerBytes ?? 0,
      gather: native().gatherBytes,
      onUnit: (unit) => this.#arrived.push(unit),
      onLost: (lost) => this.#lost(lost),
      onSource: (source) => this.#began(source),
      onSourceEnd: (source) => this.#ended(source),
      onRtcp: (slab, offset, length, table, row) => {
        const from = addressOfRow(table, row / rowWords);
        this.transport.control(slab.subarray(offset, offset + length), from, performance.now());
      },
      captureTime: ({ ssrc }, timestamp) => this.#remotes.get(ssrc)?.clock.captureTimeOf(timestamp) ?? 0n,
    });
  }

  #receive(slab: Uint8Array, table: Uint32Array, rows: number, now: number): void {
    this.#core.receive(slab, table, rows, now);
    this.#handOut();
    this.#schedule(now);
  }

  /** The bytes of what arrived are in place by now. */
  #handOut(): void {
    for (const unit of this.#arrived.splice(0)) {
      if (this.#queue.put(unit)) this.#counts.units++;
      else this.#overflow(unit);
    }
  }

  #overflow(unit: AccessUnit): void {
    this.#counts.overflows++;
    this.#lost({
      codec: unit.codec,
      ssrc: unit.ssrc ?? 0,
      timestamp: unit.timestamp ?? 0,
      firstSequence: 0,
      packets: 0,
      packetsLost: 0,
      bytes: unit.data.length,
      reason: 'limit',
      nalTypes: [],
      keyFrame: unit.keyFrame,
    });
    unit.release();
  }

  #lost(lost: LostUnit): void {
    this.#counts.lostUnits++;
    this.#options.onLost?.(lost);
    const { keyFrameRequestMs = 500 } = this.#options;
    const now = performance.now();
    if (keyFrameRequestMs === 0 || !isNalCodec(lost.codec) || now - this.#lastRequest < keyFrameRequestMs) return;
    this.#lastRequest = now;
    this.requestKeyFrame(lost.ssrc);
  }

  /** The core says when it wants to be asked again, for packets that it waits for. */
  #schedule(now: number): void {
    const deadline = this.#core.deadlineMs;
    if (deadline === undefined || this.#timer !== undefined || this.#closed) return;
    const wait = Math.max(1, Math.ceil(deadline - now));
    this.#timer = setTimeout(() => this.#poll(), wait).unref();
  }

  #poll(): void {
    this.#timer = undefined;
    const now = performance.now();
    this.#core.poll(now);
    this.#handOut();
    this.#schedule(now);
  }

  #began(source: ReceivedSource): void {
    const { session } = this.#rtcp ?? {};
    try {
      const { ssrc, clockRate, reception } = source;
      if (session !== undefined) this.#remotes.set(ssrc, session.source(ssrc, clockRate, performance.now(), reception));
    } catch (error) {
      if ((error as FramelaneError).code !== 'LIMIT_EXCEEDED') throw error; // It is received, but not reported on.
    }
    this.#options.onSource?.(source);
  }

  #ended(source: ReceivedSource): void {
    this.#lostBefore += source.statistics.lost;
    this.#remotes.delete(source.ssrc);
    this.#rtcp?.session.forgetSource(source.ssrc);
    this.#options.onSourceEnd?.(source.ssrc);
  }

  #hearGoodbye(ssrc: number, now: number): void {
    setTimeout(() => this.#goodbye(ssrc, now), 2 * goodbyeMs).unref();
  }

  /** A source that went on long after did not mean it, or somebody else said it. */
  #goodbye(ssrc: number, heardAt: number): void {
    const source = this.#core.sources.get(ssrc | 0);
    if (this.#closed || source === undefined || source.lastSeenMs > heardAt + goodbyeMs) return;
    this.#core.end(ssrc);
    this.#handOut();
    this.#options.onGoodbye?.(ssrc);
  }

  #link(): RtcpLink {
    return new RtcpLink(this.transport, {
      ssrc: random32(),
      clockRate: 90_000,
      multicast: this.#options.multicast?.group !== undefined,
      events: { bye: (ssrc) => this.#hearGoodbye(ssrc, performance.now()) },
    });
  }
}

/** What payload types stand for: as said one by one, or all of video the same. */
function streamsOf({ streams, format, clockRate, trustStart }: RtpReceiverOptions): readonly ReceivedStream[] {
  if (streams !== undefined) return streams;
  if (format === undefined) {
    throw new FramelaneError('BAD_ARGUMENT', "say what is received: `format: { codec: 'hevc' }`, or `streams`");
  }
  return videoPayloadTypes.map((payloadType) => ({ payloadType, format, clockRate, trustStart }));
}
