// Publishes a moving gradient, 640 x 480 rgb24 at 30 frames/s, until Ctrl-C or as many frames as asked for.
//
//     npx tsx examples/typescript/publish.ts RING [FRAMES]
import { setInterval } from 'node:timers/promises';
import { Publisher } from 'framelane/ring';

const [name, frames] = process.argv.slice(2);
if (name === undefined) throw new Error('usage: publish.ts RING [FRAMES]');

const size = { format: 'rgb24', width: 640, height: 480 } as const;

function paint(pixels: Uint8Array, number: number): void {
  for (let at = 0, y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      pixels[at++] = x + number;
      pixels[at++] = y;
      pixels[at++] = number;
    }
  }
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

using ring = Publisher.open(name, { capacity: size.width * size.height * 3 });
let number = 0;
try {
  for await (const _ of setInterval(1000 / 30, undefined, { signal: stop.signal })) {
    number++;
    // Readers hold every slot: this frame is dropped, and counted.
    const loan = ring.loan(size);
    if (loan !== undefined) {
      paint(loan.bytes, number);
      loan.publish({ metadata: { camera: 'gradient', exposure_ms: 1000 / 30 } });
    }
    if (number === Number(frames ?? Number.POSITIVE_INFINITY)) break;
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
console.log(`${ring.published} published, ${ring.dropped} dropped`);
