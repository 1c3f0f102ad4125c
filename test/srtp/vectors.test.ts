import { describe, expect, test } from 'vitest';
import { deriveKey, jobWord, jobWords, type SrtpPrimitives } from '../../src/srtp/index.js';
import { hex, toHex, ways } from './primitives.js';

/** Key streams of AES in counter mode: the first three blocks, and those from 0xfeff on. */
const streams = [
  {
    name: 'RFC 3711 B.2, AES-128',
    key: '2B7E151628AED2A6ABF7158809CF4F3C',
    first: 'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
    last: 'ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44',
  },
  {
    name: 'RFC 6188 section 7.1, AES-256',
    key: '57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98',
    first: '92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31',
    last: 'cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d6eb246913062a16891433e97dd01a57f',
  },
  {
    name: 'RFC 6188 section 7.3, AES-192',
    key: 'eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7',
    first: '35096cba4610028dc1b57503804ce37c5de986291dcce161d5165ec4568f5c9a474a40c77894bc17180202272a4c264d',
    last: 'd108d1a31a00bad6367ec23eb044b415c8f57129fdeb970b59f917b257662d4ca5dab625811034e8cebdfeb6dc158dd3',
  },
];

/** Session keys by labels 0, 2 and 1. */
const derivations = [
  {
    name: 'RFC 3711 B.3, AES-128',
    key: 'E1F97A0D3E018BE0D64FA32C06DE4139',
    salt: '0EC675AD498AFEEBB6960B3AABE6',
    encryption: 'c61e7a93744f39ee10734afe3ff7a087',
    sessionSalt: '30cbbc08863d8c85d49db34a9ae1',
    authentication:
      'cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2',
  },
  {
    name: 'RFC 6188 section 7.2, AES-256',
    key: 'f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6',
    salt: '3b04803de51ee7c96423ab5b78d2',
    encryption: '5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4',
    sessionSalt: 'fa31791685ca444a9e07c6c64e93',
    authentication: 'fd9c32d39ed5fbb5a9dc96b30818454d1313dc05',
  },
  {
    name: 'RFC 6188 section 7.4, AES-192',
    key: '73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1',
    salt: 'c8522f3acd4ce86d5add78edbb11',
    encryption: '31874736a8f1143870c26e4857d8a5b2c4a354407faadabb',
    sessionSalt: '2372b82d639b6d8503a47adc0a6c',
    authentication: '355b10973cd95b9eacf4061c7e1a7151e7cfbfcb',
  },
];

const key128 = '000102030405060708090a0b0c0d0e0f';
const key256 = `${key128}101112131415161718191a1b1c1d1e1f`;
const salt = '517569642070726f2071756f';
const rtpHeader = '8040f17b8041f8d35501a0b2';
const rtpText = '47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573';
const rtcpHeader = '81c8000d4d617273';
const rtcpRest = '4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';

/** Packets of RFC 7714 section 16: the cipher text with its tag. */
const gcmPackets = [
  {
    name: '16.1.1, AEAD_AES_128_GCM',
    key: key128,
    sealed:
      'f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce',
  },
  {
    name: '16.2.1, AEAD_AES_256_GCM',
    key: key256,
    sealed:
      '32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13',
  },
];

/** Those of section 17; `word` is E and index. */
const gcmControl = [
  {
    name: '17.1, AEAD_AES_128_GCM encrypted',
    key: key128,
    word: 0x800005d4,
    sealed:
      '63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade',
  },
  {
    name: '17.2, AEAD_AES_256_GCM encrypted',
    key: key256,
    word: 0x800005d4,
    sealed:
      'd50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be',
  },
  {
    name: '17.3, AEAD_AES_128_GCM tagged only',
    key: key128,
    word: 0x000005d4,
    sealed: `${rtcpRest}841dd9683dd78ec92ae58790125f62b3`,
  },
  {
    name: '17.4, AEAD_AES_256_GCM tagged only',
    key: key256,
    word: 0x000005d4,
    sealed: `${rtcpRest}91db4afbfeee5a978fab4393ed2615fe`,
  },
];

/** Encrypts one packet with session keys, decrypts it again, and compares both. */
function sealed(
  primitives: SrtpPrimitives,
  vector: { key: string; sealed: string; word?: number },
  header: string,
  rest: string,
): { sealed: string; opened: string; authentic: number } {
  const control = vector.word !== undefined;
  const keys = { control, key: hex(vector.key), salt: hex(salt), authentication: undefined, tagBytes: 16 };
  const cipher = primitives.cipher('gcm', keys);
  const plain = hex(header + rest);
  const memory = new Uint8Array(plain.length + 16);
  memory.set(plain);
  const jobs = new Uint32Array(jobWords);
  const encrypted = !control || (vector.word as number) >= 0x8000_0000;
  const ssrc = new DataView(plain.buffer).getUint32(control ? 4 : 8);
  jobs.set([0, plain.length, encrypted ? header.length / 2 : plain.length, plain.length, ssrc, 0], 0);
  jobs[jobWord.indexLow] = control ? 0x5d4 : 0xf17b;
  jobs[jobWord.extra] = vector.word ?? 0;
  cipher.seal(memory, jobs, 1);
  const result = toHex(memory);
  cipher.open(memory, jobs, 1);
  return {
    sealed: result,
    opened: toHex(memory.subarray(0, plain.length)),
    authentic: jobs[jobWord.authentic] as number,
  };
}

describe.each(ways)('%s', (_, primitives) => {
  test.each(streams)('key stream of $name', ({ key, first, last }) => {
    const bytes = new Uint8Array(16 * 0xff02);
    primitives.counterMode(hex(key), hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000'), bytes);
    expect(toHex(bytes.subarray(0, 48))).toBe(first);
    expect(toHex(bytes.subarray(16 * 0xfeff))).toBe(last);
  });

  test.each(streams)('packet under the key stream of $name', ({ key, first, last }) => {
    const keys = {
      control: false,
      key: hex(key),
      salt: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
      authentication: new Uint8Array(20),
      tagBytes: 10,
    };
    const cipher = primitives.cipher('counter-mode', keys);
    const memory = new Uint8Array(16 * 0xff02 + 10);
    const jobs = new Uint32Array(jobWords);
    jobs.set([0, 16 * 0xff02, 0, 16 * 0xff02]);
    cipher.seal(memory, jobs, 1);
    expect(toHex(memory.subarray(0, 48))).toBe(first);
    expect(toHex(memory.subarray(16 * 0xfeff, 16 * 0xff02))).toBe(last);
  });

  test.each(derivations)('session keys of $name', ({ key, salt, encryption, sessionSalt, authentication }) => {
    const derived = (label: number, like: string) =>
      toHex(deriveKey(primitives, hex(key), hex(salt), label, like.length / 2));
    expect(derived(0, encryption)).toBe(encryption);
    expect(derived(2, sessionSalt)).toBe(sessionSalt);
    expect(derived(1, authentication)).toBe(authentication);
  });

  test.each(gcmPackets)('packet of RFC 7714 section $name', (vector) => {
    const plain = rtpHeader + rtpText;
    expect(sealed(primitives, vector, rtpHeader, rtpText)).toEqual({
      sealed: rtpHeader + vector.sealed,
      opened: plain,
      authentic: 1,
    });
  });

  test.each(gcmControl)('SRTCP of RFC 7714 section $name', (vector) => {
    expect(sealed(primitives, vector, rtcpHeader, rtcpRest)).toEqual({
      sealed: rtcpHeader + vector.sealed,
      opened: rtcpHeader + rtcpRest,
      authentic: 1,
    });
  });
});
