// protect: CPU seconds a gigabyte of RTP for protecting and unprotecting alone, packets of 1,400 bytes in trains of 46, by
// suite; and for encrypting each packet by node:crypto. One line of JSON.
import { createCipheriv, randomBytes } from 'node:crypto';
import { nativePrimitives } from '../../dist/net/index.js';
import { rowWord, rowWords } from '../../dist/rtp/index.js';
import { deriveSessionKeys, jobWord, jobWords, SrtpKey, SrtpUnprotector, srtpSuite } from '../../dist/srtp/index.js';

const packetBytes = 1400;
const train = 46;
const seconds = Number(process.argv[2] ?? 1);

function cpuOf(action) {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** CPU seconds a gigabyte of an action on so many bytes, done again for some time. */
function perGigabyte(bytes, action) {
  action();
  let spent = 0;
  let times = 0;
  for (; spent < seconds; times++) spent += cpuOf(action);
  return spent / ((times * bytes) / 1e9);
}

function newKey(name) {
  const { keyBytes, saltBytes } = srtpSuite(name);
  return new SrtpKey(name, randomBytes(keyBytes + saltBytes));
}

/** Packets in trains: a row of the slab each, sealed from index `first` on. */
function sealedBatch(cipher, { tagBytes }, rows, first) {
  const size = packetBytes + tagBytes;
  const slab = new Uint8Array(rows * train * size);
  const jobs = new Uint32Array(rows * train * jobWords);
  for (let i = 0; i < rows * train; i++) {
    const at = i * size;
    slab.set([0x80, 96, ((first + i) >> 8) & 255, (first + i) & 255], at);
    slab[at + 11] = 7;
    const job = [at, packetBytes, 12, at + packetBytes, 7, 0, first + i, (first + i) >>> 16];
    jobs.set(job, i * jobWords);
  }
  cipher.seal(slab, jobs, rows * train);
  return { slab, jobs, size };
}

function protectCost(name) {
  const key = newKey(name);
  const cipher = nativePrimitives().cipher(key.suite.cipher, deriveSessionKeys(nativePrimitives(), key, false));
  const { slab, jobs } = sealedBatch(cipher, key.suite, 1, 0);
  const turns = 200;
  return perGigabyte(turns * train * packetBytes, () => {
    for (let turn = 0; turn < turns; turn++) {
      for (let i = 0; i < train; i++) jobs[i * jobWords + jobWord.indexLow] += train;
      cipher.seal(slab, jobs, train);
    }
  });
}

/** With all of its decisions: index, replay, which key. Copying the batch there is not counted. */
function unprotectCost(name) {
  const key = newKey(name);
  const rows = 16;
  const batches = 40;
  const cipher = nativePrimitives().cipher(key.suite.cipher, deriveSessionKeys(nativePrimitives(), key, false));
  const sealed = Array.from({ length: batches }, (_, i) => sealedBatch(cipher, key.suite, rows, i * rows * train));
  const { size } = sealed[0];
  const table = new Uint32Array(rows * rowWords);
  for (let row = 0; row < rows; row++) {
    table[row * rowWords + rowWord.offset] = row * train * size;
    table[row * rowWords + rowWord.bytes] = train * size;
    table[row * rowWords + rowWord.segmentBytes] = size;
  }
  const slab = new Uint8Array(sealed[0].slab.length);
  let spent = 0;
  let bytes = 0;
  while (spent < seconds) {
    const receiver = new SrtpUnprotector(nativePrimitives(), key);
    for (const batch of sealed) {
      slab.set(batch.slab);
      spent += cpuOf(() => receiver.receive(slab, table, rows));
      bytes += rows * train * packetBytes;
    }
    if (receiver.statistics.packets !== batches * rows * train) throw new Error('packets were refused');
    receiver.close();
  }
  return spent / (bytes / 1e9);
}

function nodeCryptoCost() {
  const [key, nonce, packet] = [randomBytes(16), randomBytes(12), randomBytes(packetBytes)];
  const count = 2000;
  return perGigabyte(count * packetBytes, () => {
    for (let i = 0; i < count; i++) {
      nonce.writeUInt32BE(i, 8);
      const cipher = createCipheriv('aes-128-gcm', key, nonce);
      cipher.setAAD(packet.subarray(0, 12));
      cipher.update(packet.subarray(12));
      cipher.final();
      cipher.getAuthTag();
    }
  });
}

const [gcm, cm] = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'];
console.log(
  JSON.stringify({
    gcm: protectCost(gcm),
    cm: protectCost(cm),
    gcm256: protectCost('AEAD_AES_256_GCM'),
    unprotectGcm: unprotectCost(gcm),
    unprotectCm: unprotectCost(cm),
    nodeCryptoGcm: nodeCryptoCost(),
  }),
);
