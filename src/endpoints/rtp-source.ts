import { readFile } from 'node:fs/promises';
import { FramelaneError } from '../error.js';
import type { AccessUnit, Codec } from '../nal/index.js';
import { type DescribedReception, RtpReceiver, type RtpReceiverOptions, receptionOf } from '../net/index.js';
import { rawFormatOf, type StreamFormat } from '../rtp/index.js';
import { isGroup, parseRtpPlace } from './rtp-address.js';
import { srtpOf, srtpReaders } from './srtp-keys.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';
import {
  badUri,
  byteCount,
  type EndpointUri,
  flag,
  frameSize,
  oneOf,
  pixelFormat,
  positive,
  readOptions,
  whole,
} from './uri.js';

/** Words for the codecs that `rtp:` carries, those of other programs too. */
const codecWords = {
  hevc: 'hevc',
  h265: 'hevc',
  avc: 'avc',
  h264: 'avc',
  vvc: 'vvc',
  h266: 'vvc',
  jpeg: 'jpeg',
  mjpeg: 'jpeg',
  raw: 'raw',
  generic: 'generic',
} as const satisfies Record<string, Codec>;

const codecNames = Object.keys(codecWords) as (keyof typeof codecWords)[];

/** A codec by any of its names. */
export const codecWord = (text: string): (typeof codecWords)[keyof typeof codecWords] =>
  codecWords[oneOf(...codecNames)(text.toLowerCase())];

/** Options that the source and the sink of `rtp:` have in common. */
export const transportReaders = {
  ...srtpReaders,
  rtcp: oneOf('next', 'mux', 'none'),
  interface: (text: string): string => text,
};

/** Options of an `rtp:` address to receive at. */
export const rtpSourceReaders = {
  ...transportReaders,
  codec: codecWord,
  pt: whole(0, 127),
  size: frameSize,
  format: pixelFormat,
  sdp: (text: string): string => text,
  source: (text: string): string => text,
  reorder: whole(0, 10_000),
  buffer: byteCount,
  idle: positive('seconds'),
  stay: flag,
};

/** Units that may wait: two seconds at 60 a second, while a decoder starts. */
const queuedUnits = 120;

/** `rtp://HOST:PORT`, `rtp:FILE.sdp`: encoded video that somebody sends. */
export class RtpSource implements UnitSource {
  readonly uri: string;
  readonly #address: EndpointUri;
  readonly #onWarning: ((warning: FramelaneError) => void) | undefined;
  readonly #idleMs: number | undefined;
  readonly #stay: boolean;
  #reception: Promise<DescribedReception | { readonly options: RtpReceiverOptions }> | undefined;
  #receiver: RtpReceiver | undefined;
  #closed = false;

  /** Nothing is opened before `info()`. Throws `BAD_URI`. */
  constructor(uri: EndpointUri, onWarning?: (warning: FramelaneError) => void) {
    const { idle, stay } = readOptions(uri, rtpSourceReaders);
    this.uri = uri.text;
    this.#address = uri;
    this.#onWarning = onWarning;
    this.#idleMs = idle === undefined ? undefined : 1000 * idle;
    this.#stay = stay ?? false;
    if (sdpFileOf(uri) === undefined) parseRtpPlace(uri);
  }

  /** Units that were lost on the way. */
  get missed(): number {
    return this.#receiver?.statistics.lostUnits ?? 0;
  }

  /** UDP port that it receives at, once `info()` has opened it. */
  get port(): number | undefined {
    return this.#receiver?.port;
  }

  /** Opens the socket, so that nothing that comes from now on is missed. Throws `ADDRESS_IN_USE`, `IO`, `SDP_INVALID`. */
  async info(): Promise<UnitStreamInfo> {
    const reception = await this.#prepare();
    await this.#open(reception.options);
    const { codec } = formatOf(reception.options);
    if (!('description' in reception)) return { codec };
    return { codec, fps: reception.description.frameRate, parameterSets: reception.parameterSets };
  }

  /** What the payloads are; reads the SDP, where one was named. */
  async format(): Promise<StreamFormat> {
    return formatOf((await this.#prepare()).options);
  }

  async *units({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<AccessUnit> {
    const receiver = await this.#open((await this.#prepare()).options);
    while (!this.#closed && !signal?.aborted) {
      const unit = await this.#next(receiver, signal);
      if (unit === undefined) return;
      yield unit;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<AccessUnit> {
    return this.units();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#receiver?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The next unit; undefined when the stream has ended: by the sender's goodbye, or by silence where `idle` says so. */
  async #next(receiver: RtpReceiver, signal: AbortSignal | undefined): Promise<AccessUnit | undefined> {
    const idle = this.#idleMs === undefined ? undefined : AbortSignal.timeout(this.#idleMs);
    const either = signal === undefined || idle === undefined ? (signal ?? idle) : AbortSignal.any([signal, idle]);
    return receiver.next(either);
  }

  #prepare(): Promise<DescribedReception | { readonly options: RtpReceiverOptions }> {
    this.#reception ??= describedBy(this.#address);
    return this.#reception;
  }

  async #open(options: RtpReceiverOptions): Promise<RtpReceiver> {
    if (this.#receiver !== undefined) return this.#receiver;
    const receiver = await RtpReceiver.open({
      ...options,
      maxQueuedUnits: queuedUnits,
      onWarning: this.#onWarning,
      onGoodbye: () => {
        if (!this.#stay && receiver.sources.size === 0) receiver.end();
      },
    });
    this.#receiver = receiver;
    if (this.#closed) await receiver.close();
    return receiver;
  }
}

/** The SDP that an address names: `rtp:FILE.sdp`, or the option `sdp`. */
function sdpFileOf(uri: EndpointUri): string | undefined {
  if (uri.options.has('sdp')) return uri.options.get('sdp');
  return !uri.path.startsWith('//') && uri.path.endsWith('.sdp') ? uri.path : undefined;
}

/** How to receive: as the SDP says, where there is one, changed by what the address says. */
async function describedBy(uri: EndpointUri): Promise<DescribedReception | { readonly options: RtpReceiverOptions }> {
  const { pt, rtcp, reorder, buffer, interface: networkInterface, source } = readOptions(uri, rtpSourceReaders);
  const file = sdpFileOf(uri);
  const described = file === undefined ? undefined : receptionOf(await sdpText(uri, file));
  const place = uri.path.startsWith('//') ? placeOptions(uri) : {};
  const payload = described === undefined ? payloadOptions(formatSaid(uri), pt) : {};
  const base: RtpReceiverOptions = { ...described?.options, ...place, ...payload };
  const multicast =
    base.multicast === undefined ? undefined : { ...base.multicast, interface: networkInterface, source };
  const srtp = srtpOf(uri, false, base.srtp);
  const transport = { multicast, rtcp: rtcp ?? base.rtcp, srtp };
  const options = { ...base, ...transport, reorderMs: reorder, receiveBufferBytes: buffer };
  return described === undefined ? { options } : { ...described, options };
}

/** What the address says that the payloads are. */
function formatSaid(uri: EndpointUri): StreamFormat {
  const { codec = 'hevc', size, format } = readOptions(uri, rtpSourceReaders);
  if (codec !== 'raw') return { codec };
  if (size === undefined || format === undefined) {
    throw badUri(uri, 'pixels do not say what they are: give size and format, as codec=raw&size=640x480&format=rgb24');
  }
  return { ...rawFormatOf(format, size.width, size.height), codec };
}

function placeOptions(uri: EndpointUri): RtpReceiverOptions {
  const { host, port } = parseRtpPlace(uri);
  if (isGroup(host)) return { port, multicast: { group: host } };
  return { port, address: host === '' ? undefined : host };
}

function payloadOptions(format: StreamFormat, payloadType: number | undefined): RtpReceiverOptions {
  return payloadType === undefined ? { format } : { streams: [{ payloadType, format }] };
}

/** What a receiver's units are. */
function formatOf({ format, streams }: RtpReceiverOptions): StreamFormat {
  return (format ?? streams?.[0]?.format) as StreamFormat;
}

async function sdpText(uri: EndpointUri, file: string): Promise<Uint8Array> {
  if (file === '') throw badUri(uri, 'name the SDP file: rtp:FILE.sdp');
  return readFile(file).catch((cause: Error) => {
    throw new FramelaneError('IO', `${uri.text}: ${cause.message}`, { subject: file }, { cause });
  });
}
