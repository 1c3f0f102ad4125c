import { writeFile } from 'node:fs/promises';
import { FramelaneError } from '../error.js';
import type { AccessUnit, Codec } from '../nal/index.js';
import { RtpSender, type RtpStreamOptions } from '../net/index.js';
import { type EncodingOptions, encodingReaders } from './encoding.js';
import { isGroup, parseRtpPlace } from './rtp-address.js';
import { codecWord, transportReaders } from './rtp-source.js';
import { srtpOf } from './srtp-keys.js';
import { TimestampGrid } from './timestamp-grid.js';
import type { UnitSink } from './unit-sink.js';
import type { UnitStreamInfo } from './unit-source.js';
import { type EndpointUri, flag, readOptions, whole } from './uri.js';

/** Options of an `rtp:` address to send to. */
export const rtpSinkReaders = {
  ...transportReaders,
  ...encodingReaders,
  codec: codecWord,
  pt: whole(0, 127),
  ssrc: whole(0, 0xffff_ffff),
  mtu: whole(128, 65_535),
  pace: flag,
  ttl: whole(0, 255),
  dscp: whole(0, 63),
  port: whole(1, 65_535),
  sdp: (text: string): string => text,
};

/** What a sink of `rtp:` is told beside its address. */
export interface RtpSinkOptions {
  /** Told what receivers have to know, as an SDP: when the first unit was sent, and when it changes. */
  readonly onDescription?: (sdp: string, uri: string) => void;
}

/** What is encoded for, and taken as it is. */
const accepted = ['hevc', 'avc', 'vvc', 'jpeg', 'generic'] as const;

/** `rtp://HOST:PORT`: encoded video to somebody, or to a multicast group. */
export class RtpSink implements UnitSink {
  readonly uri: string;
  readonly accepts: readonly Codec[];
  readonly encoding: EncodingOptions | undefined;
  readonly realTime = true;
  readonly #address: EndpointUri;
  readonly #sdp: SdpOutput;
  #codec: Codec | undefined;
  #fps: number | undefined;
  #sender: Promise<RtpSender> | undefined;
  #grid: TimestampGrid | undefined;
  #closed = false;

  /** Nothing is opened before `begin()` or the first unit. Throws `BAD_URI`. */
  constructor(uri: EndpointUri, options: RtpSinkOptions = {}) {
    const { codec, bitrate, crf, gop, preset } = readOptions(uri, rtpSinkReaders);
    senderOptions(uri);
    this.uri = uri.text;
    this.accepts = codec === undefined ? accepted : [codec];
    this.encoding = isEncodable(codec) ? { codec: codec ?? 'hevc', bitrate, crf, gop, preset } : undefined;
    this.#address = uri;
    this.#sdp = new SdpOutput(uri, options);
  }

  /** Opens the socket, so that a wrong address is known before the source starts. */
  async begin({ codec, fps }: UnitStreamInfo): Promise<void> {
    this.#fps = fps;
    await this.#open(codec);
  }

  async write(unit: AccessUnit): Promise<boolean> {
    const sender = await this.#open(unit.codec);
    await sender.write(unit, { timestamp: unit.timestamp ?? this.#timestampOf(unit) });
    await this.#sdp.written(); // before it is said that the unit was sent
    return true;
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    this.#closed = true;
    const sender = await this.#sender?.catch(() => undefined); // Its failure was told to whoever wrote.
    await sender?.close();
    await this.#sdp.written();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ticks of a unit that has none; see {@link TimestampGrid}. */
  #timestampOf({ captureTime }: AccessUnit): number {
    this.#grid ??= new TimestampGrid(this.#fps);
    return this.#grid.timestampOf(captureTime > 0n ? captureTime : BigInt(Date.now()) * 1_000_000n);
  }

  #open(codec: Codec): Promise<RtpSender> {
    if (this.#closed) {
      return Promise.reject(new FramelaneError('SOCKET_CLOSED', `${this.uri}: closed`, { subject: this.uri }));
    }
    if (this.#sender !== undefined && codec !== this.#codec) {
      const message = `${this.uri}: began with ${this.#codec} and cannot go on with ${codec}; send that to another port`;
      return Promise.reject(new FramelaneError('UNSUPPORTED', message, { subject: this.uri }));
    }
    this.#codec = codec;
    this.#sender ??= RtpSender.open({
      ...senderOptions(this.#address),
      codec: codec as Exclude<Codec, 'raw'>,
      frameRate: this.#fps,
      onDescription: (sdp) => this.#sdp.show(sdp),
    });
    return this.#sender;
  }
}

/** How an address says that packets are to be sent. Throws `BAD_URI`. */
export function senderOptions(uri: EndpointUri): RtpStreamOptions {
  const { host, port } = parseRtpPlace(uri);
  const options = readOptions(uri, rtpSinkReaders);
  const { pt, ssrc, mtu, pace, ttl, dscp, rtcp, interface: networkInterface, port: localPort } = options;
  const headers = host.includes(':') ? 48 : 28; // IPv6 or IPv4, and UDP
  const multicast = isGroup(host) ? { ttl, interface: networkInterface } : undefined;
  return {
    address: host === '' ? '127.0.0.1' : host,
    port,
    payloadType: pt,
    ssrc,
    maxPacketBytes: mtu === undefined ? undefined : mtu - headers,
    // Also to this machine: a picture at once is more than the sockets of others hold.
    pace: pace ?? true,
    ttl: multicast === undefined ? ttl : undefined,
    dscp,
    rtcp,
    multicast,
    srtp: srtpOf(uri, true),
    ...(localPort === undefined ? {} : { local: { port: localPort } }),
  };
}

/** Where the SDP of a stream goes: into a file, to standard output (`sdp=-`), or to whoever asked for it. */
export class SdpOutput {
  readonly #uri: EndpointUri;
  readonly #options: RtpSinkOptions;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(uri: EndpointUri, options: RtpSinkOptions) {
    this.#uri = uri;
    this.#options = options;
  }

  /** Takes the SDP, each time that it has changed. */
  show(sdp: string): void {
    const file = this.#uri.options.get('sdp');
    if (file === undefined) this.#options.onDescription?.(withoutKeys(sdp), this.#uri.text);
    else if (file === '-') process.stdout.write(sdp);
    else this.#write(file, sdp);
  }

  /** Settles once it is where it is to be. Throws `IO`. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #write(file: string, sdp: string): void {
    // A description of SRTP has the key in it.
    const mode = this.#uri.scheme === 'srtp' ? 0o600 : 0o666;
    this.#writing = writeFile(file, sdp, { mode }).catch((cause: Error) => {
      throw new FramelaneError('IO', `${this.#uri.text}: ${cause.message}`, { subject: file }, { cause });
    });
    this.#writing.catch(() => undefined); // Thrown where it is waited for.
  }
}

/** Whoever has not asked for the key is not shown it. */
function withoutKeys(sdp: string): string {
  return sdp.replaceAll(/^a=crypto:.*\r?\n/gm, '');
}

function isEncodable(codec: Codec | undefined): codec is EncodingOptions['codec'] | undefined {
  return codec === undefined || codec === 'hevc' || codec === 'avc' || codec === 'jpeg';
}
