import { BlockList, isIP } from 'node:net';
import { FramelaneError } from '../error.js';

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** `::ffff:1.2.3.4` as the IPv4 address that it is. */
function plainAddress(address: string): { address: string; family: 'ipv4' | 'ipv6' } {
  const plain = mapped.exec(address)?.[1] ?? address;
  return { address: plain, family: isIP(plain) === 6 ? 'ipv6' : 'ipv4' };
}

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Addresses that may talk to a server. */
export class AllowList {
  readonly #list = new BlockList();

  /** Entries: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. Throws `BAD_ARGUMENT` about one that is none of these. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry);
  }

  #add(entry: string): void {
    const [text = '', bits, ...rest] = entry.split('/');
    const { address, family } = plainAddress(text);
    const most = family === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
    if (isIP(address) === 0 || rest.length > 0 || !(prefix <= most)) {
      throw new FramelaneError('BAD_ARGUMENT', `allow: "${entry}" is neither an address nor ADDRESS/BITS`);
    }
    this.#list.addSubnet(address, prefix, family);
  }

  /** Whether that peer may. */
  allows(peer: string): boolean {
    const { address, family } = plainAddress(peer);
    return isIP(address) !== 0 && this.#list.check(address, family);
  }
}
