import { quoted, type SdpLine, sdpInvalid, wholeNumber } from './line.js';

/** Where media is sent to or received at (RFC 8866 section 5.7). */
export interface Connection {
  /** IP version. */
  readonly family: 4 | 6;
  /** An IP address, or a host's name. */
  readonly address: string;
  /** Hops that IPv4 multicast may take, 0 to 255. */
  readonly ttl?: number;
  /** Consecutive multicast addresses, for layers; default 1. */
  readonly count?: number;
}

/** Reads `IN IP4 239.1.2.3/127/2`. */
export function readConnection({ value, line }: SdpLine): Connection {
  const [network, version, place = '', ...more] = value.split(/ +/);
  const family = network === 'IN' && more.length === 0 ? familyOf(version) : undefined;
  if (family === undefined) throw sdpInvalid(line, `c= is "IN IP4 address" or "IN IP6 address", not ${quoted(value)}`);
  const [address = '', ...numbers] = place.split('/');
  if (!isHost(address)) throw sdpInvalid(line, `no address in ${quoted(value)}`);
  const [ttl, count] = family === 4 ? numbers : [undefined, ...numbers];
  if (numbers.length > (family === 4 ? 2 : 1)) throw sdpInvalid(line, `too many slashes in ${quoted(value)}`);
  return { family, address, ...optional('ttl', ttl, 255, line), ...optional('count', count, 65_535, line) };
}

/** Writes what {@link readConnection} reads. */
export function writeConnection({ family, address, ttl, count }: Connection): string {
  const hops = family === 4 && ttl !== undefined ? `/${ttl}` : '';
  return `IN IP${family} ${address}${hops}${count === undefined ? '' : `/${count}`}`;
}

/** The IP version that `IP4` or `IP6` names. */
export function familyOf(version: string | undefined): 4 | 6 | undefined {
  return version === 'IP4' ? 4 : version === 'IP6' ? 6 : undefined;
}

/** Whether a text can be an IP address or a host's name. */
export function isHost(text: string): boolean {
  return /^[A-Za-z0-9._:%-]{1,255}$/.test(text);
}

/** Whether an IP address is one of a group (RFC 5771, RFC 4291 section 2.7). */
export function isMulticast({ family, address }: Pick<Connection, 'family' | 'address'>): boolean {
  if (family === 6) return /^ff[0-9a-f]{2}:/i.test(address);
  const first = /^(\d{1,3})\.\d+\.\d+\.\d+$/.exec(address)?.[1];
  return first !== undefined && Number(first) >= 224 && Number(first) <= 239;
}

function optional<N extends string>(
  name: N,
  text: string | undefined,
  most: number,
  line: number,
): { [K in N]?: number } {
  if (text === undefined) return {};
  const value = wholeNumber(text, most);
  if (value === undefined) throw sdpInvalid(line, `${name} ${quoted(text)} is not a number from 0 to ${most}`);
  return { [name]: value } as { [K in N]: number };
}
