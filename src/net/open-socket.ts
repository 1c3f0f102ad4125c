import { FramelaneError } from '../error.js';
import { type NativeUdpSocket, udpOption, udpPaths } from '../native/udp.js';
import { native } from '../native.js';
import { interfaceIndex, parseAddress, resolveEndpoint, type UdpAddress } from './address.js';
import type { UdpOptions } from './options.js';
import { checked } from './socket-error.js';

/** The addresses that options stand for. */
export interface Addresses {
  readonly family: 4 | 6;
  readonly local: UdpAddress;
  readonly remote: UdpAddress | undefined;
  readonly group: UdpAddress | undefined;
  readonly source: UdpAddress | undefined;
  readonly connected: boolean;
}

const defaultSendBuffer = 1 << 20;
const defaultReceiveBuffer = 4 << 20;

/** Checks the options and looks names up. Throws `BAD_ARGUMENT`, `UNREACHABLE`. */
export async function addressesOf(options: UdpOptions): Promise<Addresses> {
  const { local = {}, multicast = {} } = options;
  const remote = options.remote && (await resolveEndpoint(options.remote, options.family));
  const group = multicast.group === undefined ? undefined : groupAddress(multicast.group);
  const given = local.address ?? multicast.group;
  const family = options.family ?? familyOf(given) ?? remote?.family ?? 4;
  const address = given ?? (family === 6 ? '::' : '0.0.0.0');
  const bound = await resolveEndpoint({ address, port: local.port ?? 0 }, options.family);
  const source = multicast.source === undefined ? undefined : numericAddress(multicast.source, 'source');
  for (const other of [remote, group, source, bound]) {
    if (other !== undefined && other.family > family) throw mixed(other, family);
  }
  if (group !== undefined && group.family !== family) throw mixed(group, family);
  if (remote?.port === 0) throw new FramelaneError('BAD_ARGUMENT', `${remote}: sending needs a port from 1 to 65535`);
  const connected = remote !== undefined && (options.connected ?? !remote.multicast);
  return { family: bound.family > family ? 6 : family, local: bound, remote, group, source, connected };
}

function familyOf(address: string | undefined): 4 | 6 | undefined {
  return address === undefined ? undefined : parseAddress(address)?.family;
}

function mixed(address: UdpAddress, family: number): FramelaneError {
  return new FramelaneError('BAD_ARGUMENT', `${address} is IPv${address.family}, and the socket is IPv${family}`);
}

function numericAddress(text: string, what: string): UdpAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new FramelaneError('BAD_ARGUMENT', `multicast.${what} "${text}" is no IP address`);
  return address;
}

function groupAddress(text: string): UdpAddress {
  const group = numericAddress(text, 'group');
  if (group.multicast) return group;
  throw new FramelaneError(
    'BAD_ARGUMENT',
    `${text} is no multicast group: those are 224.0.0.0 to 239.255.255.255, and ff00::/8`,
  );
}

/** Sets a socket up as the options say, and binds it. */
export function configure(socket: NativeUdpSocket, addresses: Addresses, options: UdpOptions): void {
  const set = (option: keyof typeof udpOption, value: number, tried: string): void => {
    checked(native().udpSet(socket, udpOption[option], value), tried);
  };
  const { group } = addresses;
  if (options.reuseAddress ?? group !== undefined) set('reuseAddress', 1, 'sharing a port');
  // A kernel without UDP_GRO (before 5.0) receives packets one by one.
  if (options.receiveTrains !== false) native().udpSet(socket, udpOption.gro, 1);
  if (options.path !== undefined) set('path', udpPaths.indexOf(options.path), `the path ${options.path}`);
  if (options.dscp !== undefined) set('dscp', whole(options.dscp, 0, 63, 'dscp'), 'setting the traffic class');
  if (options.ttl !== undefined) set('timeToLive', whole(options.ttl, 1, 255, 'ttl'), 'setting the time to live');
  configureMulticast(set, options);
  checked(native().udpBind(socket, addresses.local.words), `receiving at ${addresses.local}`);
  if (group !== undefined) join(socket, group, addresses.source, options);
  const { remote } = addresses;
  if (addresses.connected && remote) checked(native().udpConnect(socket, remote.words), `sending to ${remote}`);
}

type Setter = (option: keyof typeof udpOption, value: number, tried: string) => void;

function configureMulticast(set: Setter, { multicast }: UdpOptions): void {
  if (multicast === undefined) return;
  const { ttl, loopback } = multicast;
  if (ttl !== undefined) set('multicastTimeToLive', whole(ttl, 0, 255, 'multicast.ttl'), 'setting multicast.ttl');
  if (loopback !== undefined) set('multicastLoopback', loopback ? 1 : 0, 'setting multicast.loopback');
  const name = multicast.interface;
  if (name !== undefined) set('multicastInterface', interfaceIndex(name), `sending to groups on ${name}`);
}

function join(socket: NativeUdpSocket, group: UdpAddress, source: UdpAddress | undefined, options: UdpOptions): void {
  const name = options.multicast?.interface;
  const index = name === undefined ? 0 : interfaceIndex(name);
  const tried = `joining ${group.address}${name === undefined ? '' : ` on ${name}`}`;
  checked(native().udpJoin(socket, group.words, index, source?.words ?? null), tried);
}

function whole(value: number, least: number, most: number, name: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new FramelaneError('BAD_ARGUMENT', `${name} is ${value}; it is a whole number from ${least} to ${most}`);
}

/** Asks for the socket's buffers. Warns of one that was asked for and capped; how large they are, statistics say. */
export function sizeBuffers(socket: NativeUdpSocket, options: UdpOptions): void {
  size(socket, 'sendBuffer', options.sendBufferBytes, defaultSendBuffer, 'wmem_max', options);
  size(socket, 'receiveBuffer', options.receiveBufferBytes, defaultReceiveBuffer, 'rmem_max', options);
}

function size(
  socket: NativeUdpSocket,
  option: 'sendBuffer' | 'receiveBuffer',
  wanted: number | undefined,
  usual: number,
  limit: string,
  { onWarning }: UdpOptions,
): void {
  const bytes = wanted === undefined ? usual : whole(wanted, 1, 0x3fff_ffff, `${option}Bytes`);
  checked(native().udpSet(socket, udpOption[option], bytes), `asking for a ${option} of ${bytes} bytes`);
  const given = native().udpGet(socket, udpOption[option]);
  if (wanted === undefined || given >= wanted) return;
  const message = `the kernel gives a ${option} of ${given} bytes instead of ${wanted}: sysctl -w net.core.${limit}=${wanted}`;
  onWarning?.(new FramelaneError('LIMIT_EXCEEDED', message, { wanted, given }));
}
