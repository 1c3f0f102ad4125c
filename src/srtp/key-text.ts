import { FramelaneError } from '../error.js';
import { cryptosOf } from '../rtp/index.js';
import { fromCrypto, toCrypto } from './sdes.js';
import type { SrtpKey } from './srtp-key.js';
import type { SrtpSuiteName } from './suite.js';

/** Suites by the bytes of key and salt, where a text does not name one: the usual one of that length. */
const usualSuites: Readonly<Record<number, SrtpSuiteName>> = {
  28: 'AEAD_AES_128_GCM',
  30: 'AES_CM_128_HMAC_SHA1_80',
  38: 'AES_192_CM_HMAC_SHA1_80',
  44: 'AEAD_AES_256_GCM',
  46: 'AES_256_CM_HMAC_SHA1_80',
};

/** A key as a line of text, `SUITE inline:BASE64|lifetime|mki:bytes`, as in a description (RFC 4568). */
export function writeKey(key: SrtpKey): string {
  const { keys } = toCrypto(key);
  const inline = keys[0];
  const lifetime = inline?.lifetime === undefined ? '' : `|${inline.lifetime}`;
  const mki = inline?.mki === undefined ? '' : `|${inline.mki.value}:${inline.mki.bytes}`;
  inline?.keyAndSalt.fill(0);
  return `${key.suite.name} inline:${key.toBase64()}${lifetime}${mki}`;
}

/**
 * Reads a key: a line as {@link writeKey} makes it, one of a description (`a=crypto:...`), or base64 alone, which is of
 * `suite`, or of the usual suite of its length. Throws `SRTP_KEY`, never quoting the text.
 */
export function readKey(text: string, suite?: SrtpSuiteName): SrtpKey {
  const [first = '', second] = text
    .trim()
    .replace(/^a=crypto:\d+ +/, '')
    .split(/ +/);
  const name = second === undefined ? suite : first;
  const inline = (second ?? first).replace(/^inline:/, '');
  try {
    return keyOf(name ?? usualSuite(inline), inline);
  } catch (error) {
    const { code, message } = error as FramelaneError;
    if (code !== 'SDP_INVALID') throw error;
    throw new FramelaneError('SRTP_KEY', `that is no key (${message}): make one with \`framelane keygen\``);
  }
}

function keyOf(suite: string, inline: string): SrtpKey {
  const attributes = [{ name: 'crypto', value: `1 ${suite} inline:${inline}` }];
  const [key] = fromCrypto(cryptosOf({ attributes }));
  if (key === undefined) throw new FramelaneError('SRTP_KEY', 'no key');
  return key;
}

function usualSuite(inline: string): SrtpSuiteName {
  const digits = (inline.split('|')[0] ?? '').replace(/=+$/, '').length;
  const bytes = (digits * 3) >> 2;
  const suite = usualSuites[bytes];
  if (suite !== undefined) return suite;
  const message = `no suite has ${bytes} bytes of key and salt: make a key with \`framelane keygen\``;
  throw new FramelaneError('SRTP_KEY', message, { bytes });
}
