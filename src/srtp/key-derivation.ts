import type { PacketCipher, SessionKeys, SrtpPrimitives } from './packet-cipher.js';
import type { SrtpKey } from './srtp-key.js';

/** What a session key is for (RFC 3711 section 4.3.2); those of SRTCP are three more. */
const label = { encryption: 0, authentication: 1, salt: 2 } as const;
const controlLabels = 3;

/** Bytes of an HMAC-SHA1 key (RFC 3711 section 5.2). */
const authenticationBytes = 20;

/** Salts of the derivation have 112 bits; those of GCM are followed by zeros (RFC 7714 section 11). */
const derivationSaltBytes = 14;

/**
 * One session key: the key stream of AES-CTR from counter block x * 2^16 on, where x is the salt with the label XORed
 * into its eighth byte (RFC 3711 sections 4.3.1 and 4.3.3). The key derivation rate is 0: keys are derived once.
 */
export function deriveKey(
  primitives: Pick<SrtpPrimitives, 'counterMode'>,
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
  keyLabel: number,
  bytes: number,
): Uint8Array {
  const counter = new Uint8Array(16);
  counter.set(masterSalt.subarray(0, derivationSaltBytes));
  counter[7] = (counter[7] as number) ^ keyLabel;
  const key = new Uint8Array(bytes);
  primitives.counterMode(masterKey, counter, key);
  return key;
}

/** The session keys of SRTP, or of SRTCP. Whoever takes them wipes them. */
export function deriveSessionKeys(primitives: SrtpPrimitives, key: SrtpKey, control: boolean): SessionKeys {
  const { suite } = key;
  const secret = key.expose();
  const masterKey = secret.subarray(0, suite.keyBytes);
  const masterSalt = secret.subarray(suite.keyBytes);
  const derive = (what: keyof typeof label, bytes: number) =>
    deriveKey(primitives, masterKey, masterSalt, label[what] + (control ? controlLabels : 0), bytes);
  const keys = {
    control,
    key: derive('encryption', suite.keyBytes),
    salt: derive('salt', suite.saltBytes),
    authentication: suite.cipher === 'gcm' ? undefined : derive('authentication', authenticationBytes),
    tagBytes: control ? suite.controlTagBytes : suite.tagBytes,
  };
  secret.fill(0);
  return keys;
}

/** A cipher for SRTP, or SRTCP; nothing of the session keys stays behind. */
export function cipherOf<Cipher extends PacketCipher>(
  primitives: SrtpPrimitives<Cipher>,
  key: SrtpKey,
  control: boolean,
): Cipher {
  const keys = deriveSessionKeys(primitives, key, control);
  try {
    return primitives.cipher(key.suite.cipher, keys);
  } finally {
    keys.key.fill(0);
    keys.salt.fill(0);
    keys.authentication?.fill(0);
  }
}
