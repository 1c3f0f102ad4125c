/**
 * Flips bits of a segment and uses it: `node damage.mjs TEMPLATE STRIDE OFFSET`, with FRAMELANE_SHM_DIR set. damage.cc
 * and damage.py do the same. Prints "at BIT" before each bit, so that a crash can be placed, "BAD words" for what is
 * neither a value nor one of Framelane's errors, and at last "tried N".
 */
import { closeSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { FramelaneError, Publisher, ringStatus, Subscriber, snapshotRing } from '../../dist/ring/index.js';

const [template, stride, offset] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const whole = readFileSync(template);
const file = `${process.env.FRAMELANE_SHM_DIR}/framelane.d`;
const lossless = (whole.readUInt32LE(0x44) & 1) === 1;
const options = { capacity: 64, slots: 3, readers: 2, lossless };
const spec = { format: 'gray8', width: 8, height: 4 };
let sum = 0;

/** Header, reader entries, slot headers: the bytes of them that are used. */
const regions = [
  [0, 0x110],
  [0x10000, 2 * 64],
  [0x20000, 0xc0],
  [0x20400, 0xc0],
  [0x20800, 0xc0],
];

function* chosenBits() {
  let count = 0;
  for (const [start, bytes] of regions) {
    for (let bit = 0; bit < bytes * 8; bit++) if (count++ % stride === offset) yield [start + (bit >> 3), bit & 7];
  }
}

/** Runs it; Framelane's errors are fine. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof FramelaneError)) process.stdout.write(`BAD ${error.stack}\n`);
    return undefined;
  }
}

function touch(frame) {
  for (const { data } of frame.planes) {
    if (data.byteLength > 64) process.stdout.write(`BAD a plane of ${data.byteLength} bytes\n`);
    for (const value of data) sum += value;
  }
  void frame.metadata;
}

async function takeAll(ring) {
  for (let i = 0; i < 6; i++) {
    const frame = await attempt(() => ring.tryNext());
    if (frame === undefined) return;
    await attempt(() => touch(frame));
    frame.release();
  }
}

async function publishSome(ring) {
  for (let i = 0; i < 4; i++) await attempt(() => ring.loan(spec)?.publish());
}

async function readIt() {
  await attempt(() => ringStatus('d'));
  await attempt(() => {
    const frame = snapshotRing('d');
    if (frame !== undefined) touch(frame);
  });
  for (const [mode, from] of [
    ['every', 'oldest'],
    ['latest', 'newest'],
  ]) {
    const ring = await attempt(() => Subscriber.open('d', { mode, from }));
    if (ring === undefined) continue;
    await takeAll(ring);
    ring.close();
  }
}

async function writeIt() {
  const ring = await attempt(() => Publisher.open('d', options));
  if (ring === undefined) return;
  const reader = await attempt(() => Subscriber.open('d', { from: 'oldest' }));
  await publishSome(ring);
  if (reader !== undefined) await takeAll(reader);
  reader?.close();
  ring.close();
}

/** The bit flips while both are attached and a frame is held. */
async function flipLive(at, bit) {
  const ring = Publisher.open('d', options);
  const reader = await Subscriber.open('d', { from: 'oldest' });
  const held = reader.tryNext();
  flip(at, bit);
  await publishSome(ring);
  await takeAll(reader);
  if (held !== undefined) {
    await attempt(() => touch(held));
    held.release();
  }
  await publishSome(ring);
  reader.close();
  ring.close();
}

function flip(at, bit) {
  const fd = openSync(file, 'r+');
  const byte = new Uint8Array(1);
  readSync(fd, byte, 0, 1, at);
  byte[0] ^= 1 << bit;
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
}

let tried = 0;
for (const [at, bit] of chosenBits()) {
  process.stdout.write(`at 0x${at.toString(16)} bit ${bit}\n`);
  const damaged = Buffer.from(whole);
  damaged[at] ^= 1 << bit;
  writeFileSync(file, damaged);
  await readIt();
  writeFileSync(file, damaged);
  await writeIt();
  writeFileSync(file, whole);
  await flipLive(at, bit);
  rmSync(file, { force: true });
  tried++;
}
process.stdout.write(`tried ${tried} ${sum >= 0}\n`);
