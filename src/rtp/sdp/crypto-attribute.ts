import { fromBase64, toBase64 } from '../../bytes/index.js';
import { type AttributeHolder, attributesOf, type SdpAttribute } from './attribute.js';
import { sdpInvalid, wholeNumber } from './line.js';

/** A master key with its salt. */
export interface InlineKey {
  /** Key and salt one after the other, as long as the suite wants them. */
  readonly keyAndSalt: Uint8Array;
  /** Packets that it may be used for; undefined: the suite's limit. */
  readonly lifetime?: bigint;
  /** Which key a packet uses: a number, and how many bytes it has in the packet. */
  readonly mki?: { readonly value: bigint; readonly bytes: number };
}

/** SRTP keys in a description (RFC 4568): `1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 KDR=1`. */
export interface CryptoAttribute {
  /** Number that an answer names, up to 9 digits. */
  readonly tag: number;
  /** Name of the crypto suite. */
  readonly suite: string;
  /** At least one. */
  readonly keys: readonly InlineKey[];
  /** Session parameters, as they were written. */
  readonly parameters: readonly string[];
}

/** All `a=crypto` lines. Throws `SDP_INVALID` without quoting them: keys do not belong in messages. */
export function cryptosOf(holder: AttributeHolder): CryptoAttribute[] {
  return attributesOf(holder, 'crypto').map(readCrypto);
}

function readCrypto({ value = '', line = 0 }: SdpAttribute): CryptoAttribute {
  const [tagText, suite = '', keyText = '', ...parameters] = value.trim().split(/ +/);
  const tag = wholeNumber(tagText, 999_999_999);
  if (tag === undefined || !/^\w+$/.test(suite)) throw sdpInvalid(line, 'a=crypto is "tag suite inline:key"');
  return { tag, suite, keys: keyText.split(';').map((key) => readKey(key, line)), parameters };
}

function readKey(text: string, line: number): InlineKey {
  const [method, ...parts] = text.startsWith('inline:') ? ['inline', ...text.slice(7).split('|')] : [''];
  const keyAndSalt = fromBase64(parts[0] ?? '');
  const rest = parts.slice(1);
  if (method !== 'inline' || keyAndSalt === undefined || keyAndSalt.length === 0 || rest.length > 2) {
    throw sdpInvalid(line, 'a key in a=crypto is "inline:", base64, and perhaps |lifetime |mki:bytes');
  }
  const mkiText = rest.at(-1)?.includes(':') ? rest.pop() : undefined;
  if (rest.length > 1) throw sdpInvalid(line, 'two lifetimes in a=crypto');
  const lifetime = rest[0] === undefined ? {} : { lifetime: readLifetime(rest[0], line) };
  return { keyAndSalt, ...lifetime, ...(mkiText === undefined ? {} : { mki: readMki(mkiText, line) }) };
}

/** A number, or a power of 2. */
function readLifetime(text: string, line: number): bigint {
  const power = /^2\^(\d{1,2})$/.exec(text)?.[1];
  if (power !== undefined && Number(power) <= 48) return 1n << BigInt(power);
  if (!/^\d{1,15}$/.test(text)) throw sdpInvalid(line, 'a lifetime in a=crypto is a number or 2^n, up to 2^48');
  return BigInt(text);
}

function readMki(text: string, line: number): { value: bigint; bytes: number } {
  const [valueText = '', bytesText] = text.split(':');
  const bytes = wholeNumber(bytesText, 128);
  if (!/^\d{1,310}$/.test(valueText) || bytes === undefined || bytes === 0) {
    throw sdpInvalid(line, 'an MKI in a=crypto is number:bytes, 1 to 128 bytes');
  }
  return { value: BigInt(valueText), bytes };
}

/** The attribute that {@link cryptosOf} reads. */
export function cryptoAttribute({ tag, suite, keys, parameters }: CryptoAttribute): SdpAttribute {
  const inline = keys.map(({ keyAndSalt, lifetime, mki }) => {
    const parts = [toBase64(keyAndSalt)];
    if (lifetime !== undefined) parts.push(writeLifetime(lifetime));
    if (mki !== undefined) parts.push(`${mki.value}:${mki.bytes}`);
    return `inline:${parts.join('|')}`;
  });
  return { name: 'crypto', value: [tag, suite, inline.join(';'), ...parameters].join(' ') };
}

function writeLifetime(lifetime: bigint): string {
  const power = lifetime.toString(2).length - 1;
  return lifetime === 1n << BigInt(power) ? `2^${power}` : `${lifetime}`;
}
