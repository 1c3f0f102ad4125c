import { FramelaneError } from '../../error.js';
import { attributeOf, attributesOf } from './attribute.js';
import { isHost, isMulticast } from './connection.js';
import { type CryptoAttribute, cryptosOf } from './crypto-attribute.js';
import { formatLineOf, formatParametersOf } from './format-parameters.js';
import { quoted, sdpInvalid, wholeNumber } from './line.js';
import { type ExtensionMap, extensionMapsOf, feedbackMapsOf, sourceAttributesOf } from './media-attributes.js';
import type { MediaDescription } from './media-description.js';
import { codecOf, type MediaFormat, readMediaFormat } from './media-format.js';
import { rtpMapsOf } from './rtp-map.js';
import type { SessionDescription } from './session-description.js';

/** What a payload type of a stream stands for. */
export interface StreamPayload {
  /** 0 to 127. */
  readonly payloadType: number;
  /** Ticks a second of the RTP timestamps. */
  readonly clockRate: number;
  /** Codec and parameters. */
  readonly format: MediaFormat;
}

/** Where RTCP goes. */
export interface StreamRtcp {
  /** Port of RTCP; that of RTP when `mux`. */
  readonly port: number;
  /** Whether RTP and RTCP share a port (RFC 5761). */
  readonly mux: boolean;
  /** Whether feedback may go without a report (RFC 5506). */
  readonly reducedSize: boolean;
}

/** Feedback that the sender of a stream understands. */
export interface StreamFeedback {
  /** Asking for packets again. */
  readonly nack: boolean;
  /** Asking for a key frame by PLI. */
  readonly pli: boolean;
  /** Asking for a key frame by FIR. */
  readonly fir: boolean;
}

/** All that a sender or a receiver of one video stream has to know, as a description tells it. */
export interface StreamDescription {
  /** At least one; the sender prefers the first. */
  readonly payloads: readonly StreamPayload[];
  /** IP version of {@link address}. */
  readonly family: 4 | 6;
  /** Where it is sent to: an address of the receiver, or of a group. */
  readonly address: string;
  /** Port of RTP, 1 to 65535. */
  readonly port: number;
  /** Whether {@link address} is one of a group. */
  readonly multicast: boolean;
  /** Hops that multicast may take; undefined when not said. */
  readonly ttl?: number;
  /** Where RTCP goes. */
  readonly rtcp: StreamRtcp;
  /** Whether feedback may be early (RFC 4585): RTP/AVPF and RTP/SAVPF. */
  readonly earlyFeedback: boolean;
  /** Whether it is SRTP: RTP/SAVP and RTP/SAVPF. */
  readonly secure: boolean;
  /** What the sender understands. */
  readonly feedback: StreamFeedback;
  /** The sender's source, if the description says it. */
  readonly ssrc?: number;
  /** Its canonical name, if the description says it. */
  readonly cname?: string;
  /** Numbers of header extensions. */
  readonly extensions: readonly ExtensionMap[];
  /** SRTP keys. */
  readonly crypto: readonly CryptoAttribute[];
  /** Pictures a second, if the description says it. */
  readonly frameRate?: number;
}

const protocols = ['RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'RTP/SAVPF'];

/**
 * The video streams of a session that can be received: those of a medium `video`, over RTP, with a port and a codec that
 * Framelane knows. Throws `UNSUPPORTED` when there is none, `SDP_INVALID` for attributes that make no sense.
 */
export function streamsOf(session: SessionDescription): StreamDescription[] {
  const candidates = session.media.filter(
    ({ media, protocol, port }) => media === 'video' && protocols.includes(protocol) && port > 0,
  );
  const streams = candidates.flatMap((media) => {
    const payloads = payloadsOf(media);
    return payloads.length === 0 ? [] : [streamOf(session, media, payloads)];
  });
  if (streams.length > 0) return streams;
  const found = session.media.map((media) => {
    const names = rtpMapsOf(media).map(({ encoding }) => encoding);
    return `${media.media} ${media.protocol} ${(names.length > 0 ? names : media.formats).join(' ')}`;
  });
  const what = found.length === 0 ? 'no m= line at all' : quoted(found.join(', '));
  const wanted = 'video over RTP with H264, H265, H266, JPEG or raw, and a port';
  throw new FramelaneError('UNSUPPORTED', `the SDP has no stream that can be received: ${what}; wanted is ${wanted}`);
}

function payloadsOf(media: MediaDescription): StreamPayload[] {
  return rtpMapsOf(media).flatMap(({ payloadType, encoding, clockRate }) => {
    const codec = codecOf(encoding);
    if (codec === undefined) return [];
    const parameters = formatParametersOf(media, payloadType);
    const format = readMediaFormat(codec, parameters, formatLineOf(media, payloadType));
    return [{ payloadType, clockRate, format: codec === 'jpeg' ? { codec, ...sizeOf(media, payloadType) } : format }];
  });
}

/**
 * `a=framesize:26 320-240` (RFC 6064 section 6.2.1), or GStreamer's `a=x-dimensions:320,240`: JPEG packets cannot say every
 * size. Nonsense is left out.
 */
function sizeOf(media: MediaDescription, payloadType: number): { width?: number; height?: number } {
  const dimensions = attributesOf(media, 'x-dimensions').map(({ value = '' }) => `${payloadType} ${value}`);
  const sizes = attributesOf(media, 'framesize').map(({ value = '' }) => value);
  for (const text of [...sizes, ...dimensions]) {
    const [type, ...size] = text.split(/[ ,-]+/);
    const [width, height] = size.map((side) => wholeNumber(side, 65_535));
    if (type === `${payloadType}` && width && height) return { width, height };
  }
  return {};
}

function streamOf(
  session: SessionDescription,
  media: MediaDescription,
  payloads: readonly StreamPayload[],
): StreamDescription {
  const connection = media.connection ?? session.connection;
  if (connection === undefined) throw sdpInvalid(media.line ?? 0, 'no address: add a line "c=IN IP4 127.0.0.1"');
  const { family, address, ttl } = connection;
  const earlyFeedback = media.protocol.endsWith('F');
  return {
    payloads,
    family,
    address,
    port: media.port,
    multicast: isMulticast(connection),
    ...(ttl === undefined ? {} : { ttl }),
    rtcp: rtcpOf(media),
    earlyFeedback,
    secure: media.protocol.includes('SAVP'),
    feedback: feedbackOf(media, payloads),
    ...sourceOf(media),
    extensions: [...extensionMapsOf(session), ...extensionMapsOf(media)],
    crypto: [...cryptosOf(media), ...cryptosOf(session)],
    ...frameRateOf(media),
  };
}

/** RTCP is on the next port, unless `rtcp-mux` (RFC 5761) or `rtcp:PORT` (RFC 3605) say otherwise. */
function rtcpOf(media: MediaDescription): StreamRtcp {
  const mux = attributeOf(media, 'rtcp-mux') !== undefined;
  const reducedSize = attributeOf(media, 'rtcp-rsize') !== undefined;
  const said = attributeOf(media, 'rtcp');
  if (mux || said === undefined) return { port: mux ? media.port : (media.port + 1) & 0xffff, mux, reducedSize };
  const [text = '', , , host] = (said.value ?? '').split(/ +/);
  const port = wholeNumber(text, 65_535);
  if (port === undefined || port === 0 || (host !== undefined && !isHost(host))) {
    throw sdpInvalid(
      said.line ?? 0,
      `a=rtcp is a port, perhaps with "IN IP4 address", not ${quoted(said.value ?? '')}`,
    );
  }
  return { port, mux, reducedSize };
}

function feedbackOf(media: MediaDescription, payloads: readonly StreamPayload[]): StreamFeedback {
  const types = new Set<number | '*'>(['*', ...payloads.map(({ payloadType }) => payloadType)]);
  const said = new Set(
    feedbackMapsOf(media)
      .filter(({ payloadType }) => types.has(payloadType))
      .map(({ feedback }) => feedback),
  );
  return { nack: said.has('nack'), pli: said.has('nack pli'), fir: said.has('ccm fir') };
}

function sourceOf(media: MediaDescription): { ssrc?: number; cname?: string } {
  const attributes = sourceAttributesOf(media);
  const [first] = attributes;
  if (first === undefined) return {};
  const cname = attributes.find(({ ssrc, name }) => ssrc === first.ssrc && name === 'cname')?.value;
  return { ssrc: first.ssrc, ...(cname === undefined ? {} : { cname }) };
}

/** `a=framerate:25`. Nonsense is left out: it decides nothing. */
function frameRateOf(media: MediaDescription): { frameRate?: number } {
  const text = attributeOf(media, 'framerate')?.value ?? '';
  const frameRate = /^\d{1,6}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  return frameRate > 0 ? { frameRate } : {};
}
