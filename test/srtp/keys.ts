import { randomBytes } from 'node:crypto';
import { SrtpKey, type SrtpKeyOptions, type SrtpSuiteName, srtpSuite } from '../../src/srtp/index.js';

/** A random key of a suite. */
export function randomKey(suite: SrtpSuiteName = 'AEAD_AES_128_GCM', options?: SrtpKeyOptions): SrtpKey {
  const { keyBytes, saltBytes } = srtpSuite(suite);
  return new SrtpKey(suite, randomBytes(keyBytes + saltBytes), options);
}
