// Prints the mean of each frame's first plane, until the producer closes, Ctrl-C, or as many frames as asked for.
//
//     npx tsx examples/typescript/subscribe.ts RING [FRAMES]
import { Subscriber } from 'framelane/ring';

const [name, frames] = process.argv.slice(2);
if (name === undefined) throw new Error('usage: subscribe.ts RING [FRAMES]');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const mean = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length;

// Always the newest frame: what came while we computed is skipped.
using ring = await Subscriber.open(name, { mode: 'latest', wait: 10_000, signal: stop.signal });
let taken = 0;
for await (using frame of ring) {
  const { sequence, width, height, format, metadata, captureTime } = frame;
  const age = Date.now() - Number(captureTime / 1_000_000n);
  console.log(
    `${sequence}: ${width}x${height} ${format} from ${metadata.camera ?? '?'}, mean ${mean(frame.data).toFixed(2)}, ${age} ms old`,
  );
  if (++taken === Number(frames ?? Number.POSITIVE_INFINITY)) break;
}
console.log(`${taken} frames, ${ring.missed} missed`);
