/** Takes frames and drops them without release, then collects garbage; prints what came of it as JSON. */
import { setTimeout as pause } from 'node:timers/promises';
import { Publisher, ringStatus, Subscriber } from '../../src/ring/index.js';

const [name] = process.argv.slice(2) as [string];
const collect = (globalThis as { gc?: () => void }).gc as () => void;
const spec = { format: 'gray8', width: 5, height: 3 } as const;
const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`));

using ring = Publisher.open(name, { capacity: 64, slots: 20 });
using reader = await Subscriber.open(name);
let published = 0;

/** One frame, dropped with its pixels looked at or not. */
async function drop(look: boolean): Promise<void> {
  ring.loan(spec)?.publish();
  published++;
  const frame = await reader.next();
  if (look) frame?.data.at(0);
}

async function heldAfterCollection(): Promise<number> {
  for (let round = 0; round < 50 && ringStatus(name).held > 0; round++) {
    collect();
    await pause(5);
  }
  return ringStatus(name).held;
}

for (let count = 0; count < 5; count++) await drop(true);
const before = ringStatus(name).held;
const after = await heldAfterCollection();
// The warning comes with the next frame; of those within a second there is one.
for (let count = 0; count < 5; count++) await drop(true);
await heldAfterCollection();
await drop(true);
await pause(10);
console.log(JSON.stringify({ before, after, published, missed: reader.missed, warnings }));
