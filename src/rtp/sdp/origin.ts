import { familyOf, isHost } from './connection.js';
import { quoted, type SdpLine, sdpInvalid } from './line.js';

/** Who made the description (RFC 8866 section 5.2): together its parts name the session. */
export interface Origin {
  /** User; `-` for none. */
  readonly user: string;
  /** Number of the session, as text: it may have more digits than a number. */
  readonly sessionId: string;
  /** Version of the description, as text. */
  readonly version: string;
  /** IP version of {@link address}. */
  readonly family: 4 | 6;
  /** Address of the machine it was made on. */
  readonly address: string;
}

/** Reads `- 0 0 IN IP4 127.0.0.1`. */
export function readOrigin({ value, line }: SdpLine): Origin {
  const [user = '', sessionId = '', version = '', network, type, address = '', ...more] = value.split(/ +/);
  const family = familyOf(type);
  const complete = network === 'IN' && family !== undefined && isHost(address) && more.length === 0;
  if (!complete || !/^\d+$/.test(sessionId) || !/^\d+$/.test(version)) {
    throw sdpInvalid(line, `o= is "user id version IN IP4 address", not ${quoted(value)}`);
  }
  return { user, sessionId, version, family, address };
}

/** Writes what {@link readOrigin} reads. */
export function writeOrigin({ user, sessionId, version, family, address }: Origin): string {
  return `${user} ${sessionId} ${version} IN IP${family} ${address}`;
}
