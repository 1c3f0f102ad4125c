/**
 * Says what an operation on a ring comes to: `node say.mjs publish|subscribe|snapshot NAME [CAPACITY]` prints a line of
 * JSON {code, message, left}: the error's code and words, or "none", and what lies in the folder afterwards.
 */
import { readdirSync } from 'node:fs';
import { Publisher, Subscriber, snapshotRing } from '../../dist/ring/index.js';

const [operation, name, capacity] = process.argv.slice(2);

async function perform() {
  if (operation === 'snapshot') return void snapshotRing(name);
  if (operation === 'subscribe') return (await Subscriber.open(name)).close();
  const ring = Publisher.open(name, { capacity: Number(capacity), slots: 4 });
  // Every byte: a segment that was promised and not reserved would end the process here.
  for (let i = 0; i < 4; i++) {
    const loan = ring.loan({ format: 'gray8', width: Number(capacity) / 8, height: 8 });
    loan?.bytes.fill(7);
    loan?.publish();
  }
  ring.close();
}

let said = { code: 'none', message: '' };
try {
  await perform();
} catch (error) {
  said = { code: error.code ?? 'untyped', message: error.message };
}
console.log(JSON.stringify({ ...said, left: readdirSync(process.env.FRAMELANE_SHM_DIR ?? '/dev/shm') }));
