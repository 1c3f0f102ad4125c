import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openTineCamera, type TineCamera } from '../../../src/endpoints/tine-client.js';
import { frameBytes } from '../../../src/frame/index.js';
import { imageHeaderBytes } from '../../../src/tine/index.js';
import type { Size } from '../part.js';

/** Two cameras of a server in another process. */
export interface Cameras {
  readonly raw: TineCamera;
  readonly jpeg: TineCamera;
  /** Bytes of each of the raw camera's images. */
  readonly imageBytes: number;
  close(): Promise<void>;
}

/** Starts the server and connects to nothing yet: the first `get()` does. */
export async function openCameras(size: Size): Promise<Cameras> {
  const { server, offsets } = await startServer(size);
  const [raw, jpeg] = offsets.map((offset) => openTineCamera(`tine://127.0.0.1:${offset}/SOAK/CAM/Frame`));
  const close = async () => {
    await Promise.all([raw?.close(), jpeg?.close()]);
    if (!server.connected) return;
    server.disconnect();
    await once(server, 'exit');
  };
  const imageBytes = imageHeaderBytes + frameBytes({ format: 'gray16le', ...size });
  return { raw: raw as TineCamera, jpeg: jpeg as TineCamera, imageBytes, close };
}

async function startServer({ width, height }: Size): Promise<{ server: ChildProcess; offsets: readonly number[] }> {
  const path = fileURLToPath(new URL('camera-server.ts', import.meta.url));
  const server = fork(path, [`${width}`, `${height}`]);
  // A part is soaked until it is done: its server must not end before.
  server.once('exit', (code) => {
    if (code !== 0) throw new Error(`the camera server ended with ${code}`);
  });
  const [offsets] = (await once(server, 'message')) as [readonly number[]];
  return { server, offsets };
}
