import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { FramelaneError } from '../error.js';
import { udpAddressWords, udpRow, udpRowWords } from '../native/udp.js';
import { native } from '../native.js';

/** A place on the network, as people write it. */
export interface Endpoint {
  /** IPv4 or IPv6 address (`%interface` behind a link-local one), or a name that the system can look up. */
  readonly address: string;
  /** UDP port, 0..65535. */
  readonly port: number;
}

/** An address in numbers, as the socket uses it. */
export class UdpAddress {
  /** Port, family, scope id and address as src/native/udp.ts describes them. */
  readonly words: Uint32Array;

  /** Takes the words as they are, without a copy. */
  constructor(words: Uint32Array) {
    this.words = words;
  }

  /** UDP port. */
  get port(): number {
    return this.words[0] as number;
  }

  /** 4 or 6. */
  get family(): 4 | 6 {
    return this.words[1] as 4 | 6;
  }

  /** In numbers and dots, or colons. */
  get address(): string {
    return native().udpFormatAddress(this.words);
  }

  /** Of this machine alone: 127.0.0.0/8, ::1 (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
  get loopback(): boolean {
    const bytes = this.#bytes;
    if (this.family === 4) return bytes[0] === 127;
    return bytes[15] === 1 && bytes.subarray(0, 15).every((byte) => byte === 0);
  }

  /** Of a group: 224.0.0.0/4, ff00::/8 (RFC 5771, RFC 4291 section 2.7). */
  get multicast(): boolean {
    const first = this.#bytes[0] as number;
    return this.family === 4 ? first >= 224 && first < 240 : first === 0xff;
  }

  /** Whether it is the same port of the same machine. */
  equals(other: UdpAddress): boolean {
    return this.words.every((word, index) => word === other.words[index]);
  }

  /** `address:port`, IPv6 in brackets. */
  toString(): string {
    return this.family === 4 ? `${this.address}:${this.port}` : `[${this.address}]:${this.port}`;
  }

  get #bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer, this.words.byteOffset + 12, 16);
  }
}

/** Who sent a row of a receive batch. */
export function addressOfRow(table: Uint32Array, row: number): UdpAddress {
  const at = row * udpRowWords + udpRow.port;
  return new UdpAddress(table.slice(at, at + udpAddressWords));
}

/** The address in numbers that a text is; undefined when it is none (a name, perhaps). */
export function parseAddress(text: string, port = 0): UdpAddress | undefined {
  const words = new Uint32Array(udpAddressWords);
  if (!native().udpParseAddress(text, words)) return undefined;
  words[0] = port;
  return new UdpAddress(words);
}

/** Finds the address of an endpoint, asking the system for names. Throws `BAD_ARGUMENT`, `UNREACHABLE`. */
export async function resolveEndpoint({ address, port }: Endpoint, family?: 4 | 6): Promise<UdpAddress> {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new FramelaneError('BAD_ARGUMENT', `UDP port ${port} of ${address}: a port is a number from 0 to 65535`);
  }
  const found = parseAddress(address, port) ?? (await lookUp(address, port, family));
  if (family !== undefined && found.family > family) {
    throw new FramelaneError('BAD_ARGUMENT', `${address} is IPv6, and the socket is to be IPv4: leave family out`);
  }
  return found;
}

async function lookUp(name: string, port: number, family: 4 | 6 | undefined): Promise<UdpAddress> {
  // What looks like numbers and is no address is not worth asking a name server for.
  if (name === '' || name.length > 253 || /[\s/]|^[0-9.]+$|:/.test(name)) {
    throw new FramelaneError('BAD_ARGUMENT', `"${name}" is neither an IP address nor the name of a machine`);
  }
  try {
    const { address } = await lookup(name, { family: family ?? 0 });
    return parseAddress(address, port) as UdpAddress;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    const message = `no machine "${name}" is known here (${why}): check the name, or give its IP address`;
    throw new FramelaneError('UNREACHABLE', message, { subject: name }, { cause: error });
  }
}

/** Number of a network interface, given its name or one of its addresses. Throws `BAD_ARGUMENT`. */
export function interfaceIndex(nameOrAddress: string): number {
  const all = Object.entries(networkInterfaces());
  const owner = all.find(([, addresses]) => addresses?.some(({ address }) => address === nameOrAddress));
  const index = native().udpInterfaceIndex(owner?.[0] ?? nameOrAddress);
  if (index !== 0) return index;
  const known = all.map(([name]) => name).join(', ');
  throw new FramelaneError(
    'BAD_ARGUMENT',
    `no network interface "${nameOrAddress}" here: one of ${known}, or its address`,
  );
}
