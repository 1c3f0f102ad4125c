import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { nativePrimitives } from '../../src/net/native-ciphers.js';
import { jobWord, jobWords, type PacketCipher, type SessionKeys, type SrtpPrimitives } from '../../src/srtp/index.js';

/** SRTP's cryptography once more, by node:crypto and as the RFCs write it down: to compare with, not to be fast. */
class PlainCipher implements PacketCipher {
  #closed = false;

  constructor(
    readonly kind: 'counter-mode' | 'gcm',
    readonly keys: SessionKeys,
  ) {}

  seal(memory: Uint8Array, jobs: Uint32Array, count: number): boolean {
    for (let i = 0; i < count; i++) {
      const job = jobAt(jobs, i);
      if (this.kind === 'gcm') memory.set(this.#gcm(memory, job, true), job.tagAt);
      else {
        this.#mix(memory, job);
        memory.set(this.#hmac(memory, job), job.tagAt);
      }
    }
    return !this.#closed;
  }

  open(memory: Uint8Array, jobs: Uint32Array, count: number): boolean {
    for (let i = 0; i < count; i++) {
      const job = jobAt(jobs, i);
      const tag = memory.slice(job.tagAt, job.tagAt + this.keys.tagBytes);
      const before = memory.slice(job.offset, job.offset + job.bytes);
      if (this.kind === 'gcm') {
        // The tag is over what was encrypted: decrypt, and encrypt again to see whether it comes out.
        this.#gcm(memory, job, false);
        const plain = memory.slice(job.offset, job.offset + job.bytes);
        const right = timingSafeEqual(this.#gcm(memory, job, true), tag);
        memory.set(right ? plain : before, job.offset);
        jobs[i * jobWords + jobWord.authentic] = right ? 1 : 0;
      } else {
        const right = timingSafeEqual(this.#hmac(memory, job), tag);
        if (right) this.#mix(memory, job);
        jobs[i * jobWords + jobWord.authentic] = right ? 1 : 0;
      }
    }
    return !this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  #mix(memory: Uint8Array, job: JobFields): void {
    const iv = Buffer.alloc(16);
    Buffer.from(this.keys.salt).copy(iv);
    xor(iv, 4, word(job.ssrc));
    xor(iv, 8, index48(job.index));
    const cipher = createCipheriv(`aes-${8 * this.keys.key.length}-ctr`, this.keys.key, iv);
    memory.set(cipher.update(memory.subarray(job.offset + job.clear, job.offset + job.bytes)), job.offset + job.clear);
  }

  #hmac(memory: Uint8Array, job: JobFields): Buffer {
    const hmac = createHmac('sha1', this.keys.authentication as Uint8Array);
    hmac.update(memory.subarray(job.offset, job.offset + job.bytes)).update(word(job.extra));
    return hmac.digest().subarray(0, this.keys.tagBytes);
  }

  #gcm(memory: Uint8Array, job: JobFields, encrypt: boolean): Buffer {
    const nonce = Buffer.alloc(12);
    Buffer.from(this.keys.salt).copy(nonce);
    xor(nonce, 2, word(job.ssrc));
    xor(nonce, 6, index48(job.index));
    const secret = memory.subarray(job.offset + job.clear, job.offset + job.bytes);
    if (!encrypt) {
      const iv = Buffer.concat([nonce, word(2)]);
      memory.set(
        createCipheriv(`aes-${8 * this.keys.key.length}-ctr`, this.keys.key, iv).update(secret),
        job.offset + job.clear,
      );
      return Buffer.alloc(0);
    }
    const cipher = createCipheriv(`aes-${8 * this.keys.key.length}-gcm` as 'aes-128-gcm', this.keys.key, nonce);
    const clear = memory.subarray(job.offset, job.offset + job.clear);
    cipher.setAAD(this.keys.control ? Buffer.concat([clear, word(job.extra)]) : clear);
    memory.set(cipher.update(secret), job.offset + job.clear);
    cipher.final();
    return cipher.getAuthTag();
  }
}

interface JobFields {
  offset: number;
  bytes: number;
  clear: number;
  tagAt: number;
  ssrc: number;
  index: bigint;
  extra: number;
}

function jobAt(jobs: Uint32Array, i: number): JobFields {
  const of = (name: keyof typeof jobWord): number => jobs[i * jobWords + jobWord[name]] as number;
  const index = (BigInt(of('indexHigh')) << 32n) | BigInt(of('indexLow'));
  return {
    offset: of('offset'),
    bytes: of('bytes'),
    clear: of('clear'),
    tagAt: of('tagAt'),
    ssrc: of('ssrc'),
    index,
    extra: of('extra'),
  };
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function index48(index: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(index);
  return bytes.subarray(2);
}

function xor(into: Buffer, at: number, bytes: Buffer): void {
  for (const [i, byte] of bytes.entries()) into[at + i] = (into[at + i] as number) ^ byte;
}

export const plainPrimitives: SrtpPrimitives = {
  counterMode: (key, iv, data) => {
    data.set(createCipheriv(`aes-${8 * key.length}-ctr`, key, iv).update(data));
  },
  cipher: (kind, { control, key, salt, authentication, tagBytes }) =>
    new PlainCipher(kind, {
      control,
      key: key.slice(),
      salt: salt.slice(),
      authentication: authentication?.slice(),
      tagBytes,
    }),
};

/** The ways of computing, each of which every vector is tried with. */
export const ways: readonly [string, SrtpPrimitives][] = [
  ['native', nativePrimitives()],
  ['OpenSSL alone', nativePrimitives({ openssl: true })],
  ['node:crypto', plainPrimitives],
];

/** Bytes of hexadecimal digits; spaces do not matter. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

/** Hexadecimal digits of bytes. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
