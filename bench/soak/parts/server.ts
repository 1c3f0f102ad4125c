import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Part, Size } from '../part.js';
import { serveCameras } from './serve-cameras.js';

/** The other end of the wire: images sent by the server in this process, to a client in another. */
export async function openServer(size: Size): Promise<Part> {
  const { servers, offsets, close } = await serveCameras(size);
  const client = fork(fileURLToPath(new URL('camera-client.ts', import.meta.url)), offsets.map(String));
  client.once('exit', (code) => {
    if (code !== 0) throw new Error(`the client ended with ${code}`);
  });
  const sent = () => servers.reduce((sum, { stats }) => sum + stats.frames, 0);
  let awaited = 0;
  return {
    async iterate() {
      awaited++;
      while (sent() < awaited) await turn();
    },
    async close() {
      if (client.connected) {
        client.disconnect();
        await once(client, 'exit');
      }
      await close();
    },
  };
}
