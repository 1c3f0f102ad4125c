import { type SdpAttribute, writeAttribute } from './attribute.js';
import { type Connection, writeConnection } from './connection.js';
import { quoted, type SdpLine, sdpInvalid, wholeNumber } from './line.js';

/** A line that is handed on as it came: `b=AS:200`, `i=...`. */
export interface OtherLine {
  /** One letter. */
  readonly type: string;
  /** What stands behind the equals sign. */
  readonly value: string;
}

/** One medium of a session: an `m=` line and what follows it (RFC 8866 section 5.14). */
export interface MediaDescription {
  /** `video`, `audio`, `application` and so on. */
  readonly media: string;
  /** Port of RTP, 0 to 65535; 0: not offered. */
  readonly port: number;
  /** Consecutive pairs of ports, for layers; usually 1. */
  readonly portCount: number;
  /** `RTP/AVP`, `RTP/AVPF`, `RTP/SAVP`, `RTP/SAVPF`, or another. */
  readonly protocol: string;
  /** RTP payload types, as text; for other protocols anything. */
  readonly formats: readonly string[];
  /** Where it is sent to, if not where the session is. */
  readonly connection?: Connection;
  /** Lines that are neither `c=` nor `a=`, and further `c=` lines. */
  readonly lines: readonly OtherLine[];
  /** All `a=` lines. */
  readonly attributes: readonly SdpAttribute[];
  /** Number of the `m=` line, from 1; undefined for one that was not read. */
  readonly line?: number;
}

/** Reads `video 5004 RTP/AVP 96 97`; what belongs to it comes in the lines that follow. */
export function readMedia({ value, line }: SdpLine): MediaDescription {
  const [media = '', place = '', protocol = '', ...formats] = value.split(/ +/);
  const [portText, countText = '1', ...more] = place.split('/');
  const port = wholeNumber(portText, 65_535);
  const portCount = wholeNumber(countText, 32_767);
  if (media === '' || port === undefined || portCount === undefined || more.length > 0) {
    throw sdpInvalid(line, `m= is "video 5004 RTP/AVP 96", a port 0 to 65535, not ${quoted(value)}`);
  }
  if (protocol === '' || formats.length === 0) throw sdpInvalid(line, `${quoted(value)} has no protocol or no format`);
  return { media, port, portCount, protocol, formats, lines: [], attributes: [], line };
}

/** The lines of a media description, in the order of RFC 8866 section 5. */
export function mediaLines(media: MediaDescription): string[] {
  const { port, portCount, protocol, formats, connection, lines, attributes } = media;
  const place = portCount === 1 ? `${port}` : `${port}/${portCount}`;
  const other = (types: string): string[] =>
    lines.filter(({ type }) => types.includes(type)).map(({ type, value }) => `${type}=${value}`);
  return [
    `m=${media.media} ${place} ${protocol} ${formats.join(' ')}`,
    ...other('i'),
    ...(connection === undefined ? [] : [`c=${writeConnection(connection)}`]),
    ...other('c'),
    ...other('b'),
    ...other('k'),
    ...attributes.map((attribute) => `a=${writeAttribute(attribute)}`),
  ];
}
