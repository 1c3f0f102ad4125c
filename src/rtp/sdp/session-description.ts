import { FramelaneError } from '../../error.js';
import { readAttribute, type SdpAttribute, writeAttribute } from './attribute.js';
import { type Connection, readConnection, writeConnection } from './connection.js';
import { quoted, type SdpLine, sdpInvalid, splitSdp } from './line.js';
import { type MediaDescription, mediaLines, type OtherLine, readMedia } from './media-description.js';
import { type Origin, readOrigin, writeOrigin } from './origin.js';

/** Media descriptions in one session, at most. */
export const maxMedia = 64;

/** A session description (RFC 8866). */
export interface SessionDescription {
  /** Who made it; descriptions written by hand often do without. */
  readonly origin?: Origin;
  readonly name: string;
  /** Where all media are sent to that do not say otherwise. */
  readonly connection?: Connection;
  /** Lines of the session that are handed on as they came: `i=`, `u=`, `e=`, `p=`, `b=`, `t=`, `r=`, `z=`, `k=`. */
  readonly lines: readonly OtherLine[];
  /** All `a=` lines of the session. */
  readonly attributes: readonly SdpAttribute[];
  /** At most 64. */
  readonly media: readonly MediaDescription[];
}

type Draft<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** What may stand in a session, and in a media description (RFC 8866 section 5). */
const sessionTypes = 'osiuepcbtrzka';
const mediaTypes = 'icbka';

/**
 * Reads a description, as text or as bytes of UTF-8. Throws `SDP_INVALID` with the number of the line for anything that is
 * no SDP. The order of lines is not insisted on, and `o=`, `s=`, `t=` may be missing; unknown attributes are kept.
 */
export function readSdp(sdp: string | Uint8Array): SessionDescription {
  const [first, ...lines] = splitSdp(sdp);
  if (first?.type !== 'v' || first.value !== '0') {
    throw sdpInvalid(first?.line ?? 1, 'an SDP begins with the line v=0');
  }
  const session: Draft<SessionDescription> = { name: '-', lines: [], attributes: [], media: [] };
  let media: Draft<MediaDescription> | undefined;
  for (const line of lines) {
    if (line.type === 'm') {
      if (session.media.length >= maxMedia) throw sdpInvalid(line.line, `more media than the limit of ${maxMedia}`);
      media = readMedia(line) as Draft<MediaDescription>;
      session.media.push(media);
    } else if (media !== undefined) addTo(media, line, mediaTypes);
    else if (line.type === 'o') session.origin = readOrigin(line);
    else if (line.type === 's') session.name = line.value;
    else addTo(session, line, sessionTypes);
  }
  return session;
}

/** Adds a line that sessions and media have in common. */
function addTo(holder: Draft<MediaDescription> | Draft<SessionDescription>, line: SdpLine, types: string): void {
  const { type, value } = line;
  if (!types.includes(type)) throw sdpInvalid(line.line, `${type}= has no place here: ${quoted(`${type}=${value}`)}`);
  if (type === 'a') holder.attributes.push(readAttribute(line));
  else if (type === 'c' && holder.connection === undefined) holder.connection = readConnection(line);
  else {
    if (type === 'c') readConnection(line);
    holder.lines.push({ type, value });
  }
}

/** Writes a description with all lines that must be there, in their order, each ending with CR LF. */
export function writeSdp(session: SessionDescription): string {
  const { origin, name, connection, lines, attributes, media } = session;
  const other = (types: string): string[] =>
    lines.filter(({ type }) => types.includes(type)).map(({ type, value }) => `${type}=${value}`);
  const times = other('trz');
  const rows = [
    'v=0',
    `o=${writeOrigin(origin ?? unknownOrigin)}`,
    `s=${name === '' ? '-' : name}`,
    ...[...'iuep'].flatMap((type) => other(type)),
    ...(connection === undefined ? [] : [`c=${writeConnection(connection)}`]),
    ...other('c'),
    ...other('b'),
    ...(times.some((line) => line.startsWith('t=')) ? times : ['t=0 0']),
    ...other('k'),
    ...attributes.map((attribute) => `a=${writeAttribute(attribute)}`),
    ...media.flatMap(mediaLines),
  ];
  const broken = rows.find((row) => /[\0\r\n]/.test(row));
  if (broken !== undefined)
    throw new FramelaneError('BAD_ARGUMENT', `a line break or NUL in SDP line ${quoted(broken)}`);
  return `${rows.join('\r\n')}\r\n`;
}

const unknownOrigin: Origin = { user: '-', sessionId: '0', version: '0', family: 4, address: '0.0.0.0' };
