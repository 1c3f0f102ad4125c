import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Publisher } from '../../src/ring/index.js';
import { serveView } from '../../src/view/index.js';
import { StreamClient } from './stream-client.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use once everything that can be collected is. */
async function usedBytes(): Promise<number> {
  await sleep(50);
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('the server keeps nothing of the frames that it has sent', async () => {
  const spec = { format: 'gray8', width: 64, height: 48 } as const;
  using ring = Publisher.open(`growth-${process.pid}`, { capacity: 64 * 48, slots: 8 });
  await using server = await serveView({ sources: [`shm:${ring.name}`] });
  const clients = ['', '&width=16'].map((more) => new StreamClient(server.url, `camera=0&acknowledge=no${more}`));
  let seen = 0;
  const reading = clients.map(async (client, index) => {
    while ((await client.frame()) !== undefined) if (index === 0) seen++;
  });
  const until = async (frames: number) => {
    while (seen < frames) {
      ring.loan(spec)?.publish({ metadata: { exposure: 1.5 } });
      await turn();
    }
    return usedBytes();
  };
  const before = await until(2000);
  const after = await until(6000);
  for (const client of clients) client.close();
  await Promise.all(reading);
  // Less than 50 bytes a frame: an entry of a map that is never emptied is more.
  expect(after - before).toBeLessThan(200_000);
});
