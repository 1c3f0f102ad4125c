import { FramelaneError } from '../error.js';
import type { CryptoAttribute, InlineKey } from '../rtp/index.js';
import { maxSrtpPackets, SrtpKey } from './srtp-key.js';
import { type SrtpSuiteName, srtpSuiteNames } from './suite.js';

/** Session parameters that ask for another protection than this one (RFC 4568 section 6.3). */
const notDone = /^(KDR=(?!0$)|UNENCRYPTED_SRTP|UNAUTHENTICATED_SRTP|FEC_ORDER=SRTP_FEC|FEC_KEY|UNENCRYPTED_SRTCP)/;

/** Keys as a line of a description (RFC 4568), to go with `secure`: whoever reads it can read the stream. */
export function toCrypto(keys: SrtpKey | readonly SrtpKey[], tag = 1): CryptoAttribute {
  const list = [keys].flat() as SrtpKey[];
  const suite = list[0]?.suite.name;
  if (suite === undefined || list.some((key) => key.suite.name !== suite)) {
    throw new FramelaneError('SRTP_KEY', 'a line of a description has keys of one suite');
  }
  return { tag, suite, keys: list.map(toInline), parameters: [] };
}

function toInline(key: SrtpKey): InlineKey {
  const { mki, lifetime } = key;
  const value = mki.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return {
    keyAndSalt: key.expose(),
    ...(lifetime === maxSrtpPackets ? {} : { lifetime: BigInt(lifetime) }),
    ...(mki.length === 0 ? {} : { mki: { value, bytes: mki.length } }),
  };
}

/**
 * The keys of the first line of a description that can be used; the others offer the same in other ways. Throws
 * `UNSUPPORTED` when none can, `SRTP_KEY` for a key of a wrong length.
 */
export function fromCrypto(lines: readonly CryptoAttribute[]): SrtpKey[] {
  const line = lines.find(isUsable);
  if (line !== undefined) return line.keys.map((key) => fromInline(line.suite as SrtpSuiteName, key));
  const offered = lines.map(({ suite, parameters }) => [suite, ...parameters].join(' ')).join('; ');
  const message = `no usable keys in the description (${offered || 'no a=crypto'}): it needs a suite of ${srtpSuiteNames.join(', ')}`;
  throw new FramelaneError('UNSUPPORTED', message);
}

function isUsable({ suite, parameters }: CryptoAttribute): boolean {
  return srtpSuiteNames.includes(suite as SrtpSuiteName) && !parameters.some((parameter) => notDone.test(parameter));
}

function fromInline(suite: SrtpSuiteName, { keyAndSalt, lifetime, mki }: InlineKey): SrtpKey {
  return new SrtpKey(suite, keyAndSalt, {
    ...(lifetime === undefined ? {} : { lifetime }),
    ...(mki === undefined ? {} : { mki: mkiBytes(mki) }),
  });
}

function mkiBytes({ value, bytes }: NonNullable<InlineKey['mki']>): Uint8Array {
  let rest = value;
  const mki = new Uint8Array(bytes);
  for (let at = bytes - 1; at >= 0; at--, rest >>= 8n) mki[at] = Number(rest & 255n);
  if (rest === 0n) return mki;
  throw new FramelaneError('SRTP_KEY', `MKI ${value} does not fit its ${bytes} bytes`);
}
