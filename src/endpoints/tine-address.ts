import { FramelaneError } from '../error.js';
import type { ServerName } from '../tine/net/name-lookup.js';
import { maximumPortOffset } from '../tine/net/protocol.js';
import { badUri, type EndpointUri } from './uri.js';

/** A host and the port offset of a server process on it. */
export interface TineHost {
  /** Name or address. */
  readonly host: string;
  /** Added to the ports 9003 (UDP), 8503 (TCP) and 10003 (STREAM). */
  readonly portOffset: number;
}

/** Which camera: by a static address, or by the name that a given name server knows. */
export interface TineAddress {
  /** The server; undefined when it is looked up. */
  readonly at?: TineHost;
  /** Equipment module name; undefined when it is looked up. */
  readonly eqm?: string;
  /** Context and server for the name server. */
  readonly name?: ServerName;
  /** Name server: host and port. */
  readonly nameServer?: { readonly host: string; readonly port: number };
  /** Up to 64 characters; servers ignore case. */
  readonly device: string;
  /** Up to 64 characters; servers ignore case. */
  readonly property: string;
}

const staticForm = 'tine://HOST[:OFFSET]/EQM/DEVICE/PROPERTY';
const namedForm = 'tine://CONTEXT/SERVER/DEVICE/PROPERTY?ens=HOST';
const nameServerPort = 9003;

function splitHost(text: string): { host: string; number: string | undefined } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]+))(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? undefined : { host, number: match?.[3] };
}

function parseHost(uri: EndpointUri, text: string): TineHost {
  const parts = splitHost(text);
  const portOffset = Number(parts?.number ?? 0);
  if (parts === undefined || portOffset > maximumPortOffset) {
    throw badUri(
      uri,
      `"${text}" is no HOST[:OFFSET] (an offset of 0..${maximumPortOffset}, not a port); ${staticForm}`,
    );
  }
  return { host: parts.host, portOffset };
}

/** `host[:port]` of a name server; throws a plain Error with what was expected, as option readers do. */
export function nameServerHost(text: string): { host: string; port: number } {
  const parts = splitHost(text);
  const port = Number(parts?.number ?? nameServerPort);
  if (parts === undefined || port < 1 || port > 65_535) throw new Error('HOST or HOST:PORT is expected');
  return { host: parts.host, port };
}

function checkLength(uri: EndpointUri, what: string, text: string, most: number): void {
  if (text.length > most) throw badUri(uri, `${what} "${text}" has more than ${most} characters`);
}

/** Reads the path of a `tine:` address. Throws `BAD_URI` that shows the right form. */
export function parseTineAddress(uri: EndpointUri, ens?: { host: string; port: number }): TineAddress {
  const parts = uri.path.startsWith('//') ? uri.path.slice(2).split('/') : [];
  const [first = '', second = '', device = '', property = ''] = parts;
  if (parts.length !== 4 || parts.includes('')) {
    throw badUri(uri, `four parts are needed: ${staticForm} or ${namedForm}`);
  }
  checkLength(uri, 'device', device, 64);
  checkLength(uri, 'property', property, 64);
  if (ens === undefined) {
    checkLength(uri, 'EQM', second, 6);
    return { at: parseHost(uri, first), eqm: second, device, property };
  }
  checkLength(uri, 'context', first, 32);
  checkLength(uri, 'server', second, 32);
  return { name: { context: first, server: second }, nameServer: ens, device, property };
}

/** Throws `BAD_ARGUMENT` unless an address is complete one way or the other. */
export function checkTineAddress(address: TineAddress): void {
  const fixed = address.at !== undefined && address.eqm !== undefined;
  const named = address.name !== undefined && address.nameServer !== undefined;
  if (fixed || named) return;
  throw new FramelaneError('BAD_ARGUMENT', 'give either `at` and `eqm`, or `name` and `nameServer`');
}
