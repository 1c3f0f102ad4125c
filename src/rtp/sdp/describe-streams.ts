import { FramelaneError } from '../../error.js';
import type { SdpAttribute } from './attribute.js';
import { isMulticast } from './connection.js';
import { cryptoAttribute } from './crypto-attribute.js';
import { writeFormatParameters } from './format-parameters.js';
import { sourceAttribute } from './media-attributes.js';
import type { MediaDescription } from './media-description.js';
import { encodingOf, writeMediaFormat } from './media-format.js';
import type { SessionDescription } from './session-description.js';
import type { StreamDescription, StreamPayload } from './stream-description.js';

type Needed = 'payloads' | 'address' | 'port';

/** What a sender has to say of a stream; the rest of a {@link StreamDescription} has defaults. */
export interface StreamToDescribe
  extends Pick<StreamDescription, Needed>,
    Partial<Omit<StreamDescription, Needed | 'rtcp'>> {
  /** Default: the next port, no mux. */
  readonly rtcp?: Partial<StreamDescription['rtcp']>;
}

/** What is said of a session as a whole. */
export interface SessionToDescribe {
  readonly name?: string;
  /** Number of the session, unlike that of any other from the same machine; default 0. */
  readonly sessionId?: bigint;
  /** Address of the machine that sends; default that of the first stream. */
  readonly origin?: string;
}

const isV6 = (address: string): boolean => address.includes(':');

/** The session of a sender: {@link streamsOf} reads the streams from it again. Throws `BAD_ARGUMENT` without a stream. */
export function describeStreams(
  streams: readonly StreamToDescribe[],
  { name = '-', sessionId = 0n, origin }: SessionToDescribe = {},
): SessionDescription {
  const address = origin ?? streams[0]?.address;
  if (address === undefined) throw new FramelaneError('BAD_ARGUMENT', 'a session without a stream');
  const family = isV6(address) ? 6 : 4;
  return {
    origin: { user: '-', sessionId: `${sessionId}`, version: '0', family, address },
    name,
    lines: [{ type: 't', value: '0 0' }],
    attributes: [],
    media: streams.map(describeStream),
  };
}

function describeStream(stream: StreamToDescribe): MediaDescription {
  const { payloads, address, port, secure = false, earlyFeedback = false, ttl } = stream;
  const family = stream.family ?? (isV6(address) ? 6 : 4);
  // IPv4 groups must say how far they go (RFC 8866 section 5.7); 1 stays in the local network.
  const hops = family === 4 && isMulticast({ family, address }) ? { ttl: ttl ?? 1 } : {};
  return {
    media: 'video',
    port,
    portCount: 1,
    protocol: `RTP/${secure ? 'S' : ''}AVP${earlyFeedback ? 'F' : ''}`,
    formats: payloads.map(({ payloadType }) => `${payloadType}`),
    connection: { family, address, ...hops },
    lines: [],
    attributes: [...payloads.flatMap(payloadAttributes), ...rtcpAttributes(stream), ...otherAttributes(stream)],
  };
}

function payloadAttributes({ payloadType, clockRate, format }: StreamPayload): SdpAttribute[] {
  const attributes = [{ name: 'rtpmap', value: `${payloadType} ${encodingOf(format.codec)}/${clockRate}` }];
  const parameters = writeFormatParameters(writeMediaFormat(format));
  if (parameters !== '') attributes.push({ name: 'fmtp', value: `${payloadType} ${parameters}` });
  if (format.codec === 'jpeg' && format.width !== undefined && format.height !== undefined) {
    attributes.push({ name: 'framesize', value: `${payloadType} ${format.width}-${format.height}` });
    attributes.push({ name: 'x-dimensions', value: `${format.width},${format.height}` }); // what GStreamer reads
  }
  return attributes;
}

function rtcpAttributes({ port, rtcp = {}, feedback }: StreamToDescribe): SdpAttribute[] {
  const attributes: SdpAttribute[] = [];
  if (rtcp.mux === true) attributes.push({ name: 'rtcp-mux' });
  else if (rtcp.port !== undefined && rtcp.port !== port + 1) attributes.push({ name: 'rtcp', value: `${rtcp.port}` });
  if (rtcp.reducedSize === true) attributes.push({ name: 'rtcp-rsize' });
  if (feedback?.nack) attributes.push({ name: 'rtcp-fb', value: '* nack' });
  if (feedback?.pli) attributes.push({ name: 'rtcp-fb', value: '* nack pli' });
  if (feedback?.fir) attributes.push({ name: 'rtcp-fb', value: '* ccm fir' });
  return attributes;
}

function otherAttributes({ ssrc, cname, extensions, crypto, frameRate }: StreamToDescribe): SdpAttribute[] {
  const source = ssrc === undefined ? undefined : { ssrc, name: 'cname', value: cname ?? `${ssrc}` };
  return [
    ...(source === undefined ? [] : [sourceAttribute(source)]),
    ...(extensions ?? []).map(({ id, uri }) => ({ name: 'extmap', value: `${id} ${uri}` })),
    ...(crypto ?? []).map(cryptoAttribute),
    ...(frameRate === undefined ? [] : [{ name: 'framerate', value: `${frameRate}` }]),
  ];
}
