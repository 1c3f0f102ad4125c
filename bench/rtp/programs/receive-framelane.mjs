// receive-framelane FILE SECONDS VERIFY: receives and reassembles what send-framelane sends. Prints its port first, then,
// some time after the first unit, what that time cost. VERIFY 1: compares every unit with the stream, byte by byte.
import { RtpReceiver } from '../../../dist/net/index.js';
import { nalBytesOf, unitsOf } from './units.mjs';

const [file, seconds, verify] = process.argv.slice(2);
const receiver = await RtpReceiver.open({
  address: '127.0.0.1',
  port: 0,
  format: { codec: 'hevc' },
  rtcp: 'none',
  receiveBufferBytes: 32 << 20,
});
console.log(JSON.stringify({ port: receiver.port }));

// A unit is known by its NAL units: their start codes are not carried.
const known = new Map();
if (verify === '1') for (const unit of unitsOf(file)) known.set(hash(nalBytesOf(unit)), nalBytesOf(unit));

function hash(parts) {
  const last = parts.at(-1);
  return `${parts.length}:${last.length}:${Buffer.from(last.subarray(0, 64)).toString('latin1')}`;
}

function same(unit) {
  const parts = Array.from({ length: unit.nalUnitCount }, (_, i) => unit.nalUnit(i));
  const expected = known.get(hash(parts));
  return expected !== undefined && parts.every((part, i) => Buffer.compare(part, expected[i]) === 0);
}

/** Units until everything is compiled and every buffer was touched. */
const warmUp = 500;
let seen = 0;
let units = 0;
let bytes = 0;
let wrong = 0;
let before;
for await (const unit of receiver) {
  if (++seen < warmUp) {
    unit.release();
    continue;
  }
  before ??= start();
  units++;
  bytes += unit.data.length;
  if (verify === '1' && !same(unit)) wrong++;
  unit.release();
  if (performance.now() - before.began > Number(seconds) * 1000) break;
}
const cpu = process.cpuUsage(before.cpu);
const took = (performance.now() - before.began) / 1000;
const { packets, bytes: rtpBytes, kernelDrops, lostUnits } = receiver.statistics;
console.log(
  JSON.stringify({
    cpu: (cpu.user + cpu.system) / 1e6,
    user: cpu.user / 1e6,
    system: cpu.system / 1e6,
    bytes: rtpBytes - before.bytes,
    seconds: took,
    units,
    wrong,
    unitBytes: bytes,
    packets,
    kernelDrops,
    lostUnits,
  }),
);
process.exit(0);

function start() {
  return { cpu: process.cpuUsage(), began: performance.now(), bytes: receiver.statistics.bytes };
}
