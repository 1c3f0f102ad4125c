/** peer.cc in Node, by the built package: `node peer.mjs produce|every|latest RING LOSSLESS`. */
import { setTimeout as pause } from 'node:timers/promises';
import { FramelaneError, Publisher, Subscriber } from '../../dist/ring/index.js';

const [role, name, lossless] = [process.argv[2], process.argv[3], process.argv[4] === '1'];
const spec = { format: 'gray8', width: 64, height: 48 };
let count = 0;

function bad(words) {
  process.stdout.write(`BAD ${words}\n`, () => process.exit(9));
  return new Promise(() => {});
}

function counted() {
  if (++count % 50 === 0) process.stdout.write('n 50\n');
}

/** Tries again as long as the error is one of these. */
async function patiently(open, codes) {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof FramelaneError) || !codes.includes(error.code))
        await bad(`${error.code}: ${error.message}`);
      await pause(1);
    }
  }
}

async function produce() {
  const options = { capacity: 64 * 48, slots: 6, readers: 8, lossless };
  const ring = await patiently(() => Publisher.open(name, options), ['RING_BUSY']);
  for (;;) {
    const loan = lossless ? await ring.loanWhenFree(spec) : ring.loan(spec);
    if (loan !== undefined) {
      const captureTime = process.hrtime.bigint();
      loan.bytes.fill(Number(captureTime % 251n));
      new DataView(loan.bytes.buffer, loan.bytes.byteOffset).setBigUint64(0, captureTime, true);
      loan.publish({ captureTime });
      counted();
    }
    await pause(Math.random() < 0.5 ? 0 : 1);
  }
}

function whole(frame) {
  const { data } = frame;
  const number = new DataView(data.buffer, data.byteOffset).getBigUint64(0, true);
  return number === frame.captureTime && data.subarray(8).every((value) => value === Number(number % 251n));
}

async function read() {
  const open = () => Subscriber.open(name, { mode: role });
  const ring = await patiently(open, ['RING_NOT_FOUND', 'RING_FULL']);
  let last = 0;
  for await (const frame of ring) {
    if (frame.sequence <= last) await bad(`frame ${frame.sequence} after ${last}`);
    if (lossless && role === 'every' && ring.missed > 0) await bad(`missed ${ring.missed} before ${frame.sequence}`);
    last = frame.sequence;
    if (!whole(frame)) await bad(`frame ${last} is torn`);
    if (Math.random() < 0.1) await pause(1);
    if (!whole(frame)) await bad(`frame ${last} changed while it was held`);
    frame.release();
    counted();
  }
}

await (role === 'produce' ? produce() : read()).catch((error) => bad(`${error.code ?? ''} ${error.stack}`));
