import { FramelaneError } from '../error.js';

/** How packets are encrypted and authenticated. */
export interface SrtpSuite {
  /** Its name in a description (RFC 4568 section 6.2, RFC 6188 section 7, RFC 7714 section 14). */
  readonly name: SrtpSuiteName;
  /** Counter mode with HMAC-SHA1 (RFC 3711, RFC 6188), or AEAD by GCM (RFC 7714). */
  readonly cipher: 'counter-mode' | 'gcm';
  /** Bytes of the master key and of the session keys. */
  readonly keyBytes: 16 | 24 | 32;
  /** Bytes of the master salt and of the session salts. */
  readonly saltBytes: 12 | 14;
  /** Bytes of a tag of SRTP. */
  readonly tagBytes: 4 | 10 | 16;
  /** Bytes of a tag of SRTCP: short ones are for RTP alone. */
  readonly controlTagBytes: 10 | 16;
}

/** Names of the suites. */
export const srtpSuiteNames = [
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_192_CM_HMAC_SHA1_80',
  'AES_192_CM_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
] as const;

/** One of {@link srtpSuiteNames}. */
export type SrtpSuiteName = (typeof srtpSuiteNames)[number];

function gcm(name: SrtpSuiteName, keyBytes: 16 | 32): SrtpSuite {
  return { name, cipher: 'gcm', keyBytes, saltBytes: 12, tagBytes: 16, controlTagBytes: 16 };
}

function counterMode(name: SrtpSuiteName, keyBytes: 16 | 24 | 32, tagBytes: 4 | 10): SrtpSuite {
  return { name, cipher: 'counter-mode', keyBytes, saltBytes: 14, tagBytes, controlTagBytes: 10 };
}

const suites: ReadonlyMap<string, SrtpSuite> = new Map(
  [
    gcm('AEAD_AES_128_GCM', 16),
    gcm('AEAD_AES_256_GCM', 32),
    counterMode('AES_CM_128_HMAC_SHA1_80', 16, 10),
    counterMode('AES_CM_128_HMAC_SHA1_32', 16, 4),
    counterMode('AES_192_CM_HMAC_SHA1_80', 24, 10),
    counterMode('AES_192_CM_HMAC_SHA1_32', 24, 4),
    counterMode('AES_256_CM_HMAC_SHA1_80', 32, 10),
    counterMode('AES_256_CM_HMAC_SHA1_32', 32, 4),
  ].map((suite) => [suite.name, suite]),
);

/** The suite of that name. Throws `UNSUPPORTED`. */
export function srtpSuite(name: string): SrtpSuite {
  const suite = suites.get(name);
  if (suite !== undefined) return suite;
  throw new FramelaneError('UNSUPPORTED', `no SRTP suite "${name}": there are ${srtpSuiteNames.join(', ')}`);
}
