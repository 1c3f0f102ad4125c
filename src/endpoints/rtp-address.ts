import { isIPv4, isIPv6 } from 'node:net';
import { badUri, type EndpointUri } from './uri.js';

/** A place in an `rtp:` address. */
export interface RtpPlace {
  /** Name or address, without brackets; empty: this machine, all of its addresses. */
  readonly host: string;
  /** UDP port of RTP; RTCP has the next one. */
  readonly port: number;
}

/** Reads the path of an `rtp:` address. Throws `BAD_URI` that shows the right form. */
export function parseRtpPlace(uri: EndpointUri): RtpPlace {
  const form = `${uri.scheme}://HOST:PORT, for example ${uri.scheme}://127.0.0.1:5004`;
  const match = /^\/\/(?:\[([0-9A-Fa-f:.%\w]+)\]|([^/:[\]]*)):(\d+)\/?$/.exec(uri.path);
  if (match === null) throw badUri(uri, `a host and a port are needed: ${form} (an IPv6 address in brackets)`);
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) throw badUri(uri, `port ${match[3]} is not 1 to 65535; ${form}`);
  return { host: match[1] ?? match[2] ?? '', port };
}

/** Whether an address is one of a multicast group: 224.0.0.0/4, ff00::/8. */
export function isGroup(host: string): boolean {
  if (isIPv4(host)) return Number(host.split('.')[0]) >= 224 && Number(host.split('.')[0]) < 240;
  return isIPv6(host) && /^ff/i.test(host);
}
