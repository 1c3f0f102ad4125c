import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { nativePrimitives } from '../../src/net/index.js';
import { jobWord, jobWords, type SessionKeys, srtpSuite, srtpSuiteNames } from '../../src/srtp/index.js';
import { plainPrimitives } from './primitives.js';

/** Jobs about packets of these sizes in one memory, tags behind each. */
function jobsOf(sizes: readonly number[], tagBytes: number) {
  const memory = randomBytes(sizes.reduce((sum, size) => sum + size + tagBytes + 3, 0));
  const jobs = new Uint32Array(sizes.length * jobWords);
  let at = 0;
  for (const [i, size] of sizes.entries()) {
    const clear = Math.min(size, 12 + 4 * (i % 7));
    const index = [i % 5 === 0 ? 0xffff : 0, 0xffff_fff0 + i];
    jobs.set([at, size, clear, at + size, 0xdead_beef + i, ...index, 0x1234_5678 + i], i * jobWords);
    at += size + tagBytes + 3;
  }
  return { memory: new Uint8Array(memory), jobs };
}

const kernels = {
  fastest: nativePrimitives(),
  openssl: nativePrimitives({ openssl: true }),
  plain: plainPrimitives,
};

test.each(srtpSuiteNames.flatMap((name) => [[name, false] as const, [name, true] as const]))(
  'all ways of computing %s (SRTCP: %s) agree, on 1 to 40 packets of 0 to 3,000 bytes at once',
  (name, control) => {
    const suite = srtpSuite(name);
    const tagBytes = control ? suite.controlTagBytes : suite.tagBytes;
    const keys: SessionKeys = {
      control,
      key: randomBytes(suite.keyBytes),
      salt: randomBytes(suite.saltBytes),
      authentication: suite.cipher === 'gcm' ? undefined : randomBytes(20),
      tagBytes,
    };
    const ciphers = Object.values(kernels).map((primitives) => primitives.cipher(suite.cipher, keys));
    for (let from = 0; from < 3000; from += 97) {
      const sizes = Array.from({ length: 1 + (from % 40) }, (_, i) => (i % 3 === 0 ? from : (from + 331 * i) % 3000));
      const { memory, jobs } = jobsOf(sizes, tagBytes);
      const sealed = ciphers.map((cipher) => {
        const own = memory.slice();
        expect(cipher.seal(own, jobs, sizes.length)).toBe(true);
        return own;
      });
      for (const other of sealed.slice(1)) expect(Buffer.compare(other, sealed[0] as Uint8Array)).toBe(0);
      const forged = sizes.map((size, i) => size > 0 && i % 4 === 1);
      for (const [n, cipher] of ciphers.entries()) {
        const own = sealed[n] as Uint8Array;
        for (const [i, is] of forged.entries()) {
          if (is) flip(own, jobs[i * jobWords] as number, (sizes[i] as number) + tagBytes, i);
        }
        const before = own.slice();
        cipher.open(own, jobs, sizes.length);
        for (const [i, is] of forged.entries()) {
          const [offset = 0, bytes = 0] = jobs.subarray(i * jobWords);
          expect(jobs[i * jobWords + jobWord.authentic]).toBe(is ? 0 : 1);
          const like = is ? before : memory;
          expect(Buffer.compare(own.subarray(offset, offset + bytes), like.subarray(offset, offset + bytes))).toBe(0);
        }
      }
    }
  },
);

/** Changes one bit of a packet or its tag, the same for all. */
function flip(memory: Uint8Array, offset: number, bytes: number, seed: number): void {
  const at = offset + ((seed * 7919) % bytes);
  memory[at] = (memory[at] as number) ^ (1 << (seed & 7));
}

test('jobs outside of the memory are not done, nor any behind them', () => {
  const keys = { control: false, key: randomBytes(16), salt: randomBytes(12), authentication: undefined, tagBytes: 16 };
  const cipher = nativePrimitives().cipher('gcm', keys);
  const memory = new Uint8Array(100);
  for (const job of [
    [0, 101, 12, 84],
    [50, 60, 12, 84],
    [0, 84, 85, 84],
    [0, 84, 12, 85],
    [0xffff_ffff, 0xffff_ffff, 0, 0],
  ]) {
    const jobs = new Uint32Array(jobWords);
    jobs.set(job);
    expect(cipher.seal(memory, jobs, 1)).toBe(false);
    expect(cipher.open(memory, jobs, 1)).toBe(false);
  }
  expect(memory).toEqual(new Uint8Array(100));
});
