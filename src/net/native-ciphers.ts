import { FramelaneError } from '../error.js';
import { type NativeSrtpCipher, sealInPlace } from '../native/srtp.js';
import type { NativePacketTransform } from '../native/udp.js';
import { native } from '../native.js';
import type { SendPlan } from '../rtp/index.js';
import type { PacketCipher, SessionKeys, SrtpPrimitives } from '../srtp/index.js';

/** A cipher in C++: by OpenSSL as node exports it, or faster where the processor can. */
export class NativeCipher implements PacketCipher {
  readonly #cipher: NativeSrtpCipher;
  readonly #sizes = new Uint32Array(2);

  /** `openssl`: by OpenSSL alone. Throws `UNSUPPORTED` where this runtime has none. */
  constructor(kind: 'counter-mode' | 'gcm', keys: SessionKeys, openssl: boolean) {
    const { control, key, salt, authentication = null, tagBytes } = keys;
    const cipher = native().srtpOpenCipher(kind === 'gcm', control, key, salt, authentication, tagBytes, openssl);
    if (cipher === null) throw withoutOpenssl();
    this.#cipher = cipher;
  }

  /** See `PacketCipher`. */
  seal(memory: Uint8Array, jobs: Uint32Array, count: number): boolean {
    return native().srtpSeal(this.#cipher, memory, jobs, count);
  }

  /** See `PacketCipher`. */
  open(memory: Uint8Array, jobs: Uint32Array, count: number): boolean {
    return native().srtpOpen(this.#cipher, memory, jobs, count);
  }

  /**
   * Encrypts what a plan points at where it lies, and writes the packets as they go out into another plan. False, and
   * nothing was changed: bytes of the unit stand in several packets.
   */
  sealInPlace(mki: Uint8Array, index: number, plan: SendPlan, data: Uint8Array, into: SendPlan): boolean {
    const { headers, words, wordCount } = plan;
    const seal = () => {
      const [to, toWords] = [into.headers, into.words];
      const cipher = this.#cipher;
      return native().srtpSealInPlace(cipher, mki, index, data, headers, words, wordCount, to, toWords, this.#sizes);
    };
    let result = seal();
    const [headerBytes = 0, count = 0] = this.#sizes;
    if (result === sealInPlace.tooSmall) {
      into.headers = new Uint8Array(2 * headerBytes);
      into.words = new Uint32Array(2 * count);
      result = seal();
    }
    if (result !== sealInPlace.sealed) return false;
    into.headerBytes = headerBytes;
    into.wordCount = count;
    into.packets = plan.packets;
    into.bytes = plan.bytes;
    return true;
  }

  /** What the socket does to packets; `index[0]` is the index of the first one, written before each call. */
  transform(mki: Uint8Array, index: Float64Array): NativePacketTransform {
    return native().srtpTransform(this.#cipher, mki, index);
  }

  /** See `PacketCipher`. */
  close(): void {
    native().srtpCloseCipher(this.#cipher);
  }
}

/** The cryptography of SRTP, natively. `openssl`: by OpenSSL alone, to compare. */
export function nativePrimitives({ openssl = false } = {}): SrtpPrimitives<NativeCipher> {
  return {
    counterMode: (key, iv, data) => {
      if (!native().srtpCounterMode(key, iv, data)) throw withoutOpenssl();
    },
    cipher: (kind, keys) => new NativeCipher(kind, keys, openssl),
  };
}

function withoutOpenssl(): FramelaneError {
  return new FramelaneError('UNSUPPORTED', 'SRTP needs the OpenSSL that node exports to addons; this runtime has none');
}
