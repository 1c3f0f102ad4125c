/** Ends in the way its first word says, with a ring, a reader, a held frame and a loan open. */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Publisher, Subscriber } from '../../src/ring/index.js';

const [way, name] = process.argv.slice(2) as [string, string];
const spec = { format: 'gray8', width: 5, height: 3 } as const;
const ring = Publisher.open(name, { capacity: 64 });
const reader = await Subscriber.open(name);
ring.loan(spec)?.publish();
const held = await reader.next();
const loan = ring.loan(spec);

/** The waiter thread is asleep in it when the process ends. */
const waiting = reader.next();
console.log(held?.data.length, loan?.bytes.length);

/** A thread of this process that has a ring of its own. */
async function startProducer(): Promise<void> {
  const program = JSON.stringify(new URL('./worker-program.ts', import.meta.url));
  const load = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${program}, ${program}))`;
  const worker = new Worker(load, { eval: true, workerData: { part: 'produce', name: `${name}-thread` } });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

switch (way) {
  case 'process.exit with a thread':
    await startProducer();
    process.exit(4);
    break;
  case 'process.exit':
    await pause(20);
    process.exit(3);
    break;
  case 'uncaught':
    await pause(20);
    throw new Error('on purpose');
  case 'end':
    // Nobody awaits `waiting` any more once its reader is closed.
    reader.close();
    await waiting;
}
