import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { allocateFrame } from '../../src/frame/index.js';
import { Publisher, ringStatus } from '../../src/ring/index.js';
import { Camera } from '../../src/view/camera.js';
import { serveView, type ViewServer } from '../../src/view/index.js';
import { Viewer } from '../../src/view/viewer.js';
import { StreamClient } from './stream-client.js';

let server: ViewServer | undefined;
let publisher: Publisher | undefined;
let timer: NodeJS.Timeout | undefined;

afterEach(async () => {
  clearInterval(timer);
  await server?.close();
  publisher?.close();
});

/** A ring with 50 frames a second of 1 MB, looked at by a server. */
async function serveRing(slots: number): Promise<{ url: string; ring: Publisher }> {
  const spec = { format: 'gray8', width: 1024, height: 1024 } as const;
  const name = `viewers-${process.pid}-${slots}`;
  const ring = Publisher.open(name, { capacity: 1 << 20, slots });
  publisher = ring;
  timer = setInterval(() => ring.loan(spec)?.publish(), 20);
  server = await serveView({ sources: [`shm:${name}`] });
  return { url: server.url, ring };
}

/** Frames that a viewer got in that time, as their numbers. */
async function watch(client: StreamClient, ms: number): Promise<number[]> {
  const sequences: number[] = [];
  for (const until = performance.now() + ms; performance.now() < until; ) {
    const frame = await client.frame();
    if (frame === undefined) break;
    sequences.push(frame.header.sequence);
  }
  return sequences;
}

test.each([3, 8])(
  'viewers that stop reading take nothing from the producer or another viewer; ring of %i slots',
  async (slots) => {
    const { url, ring } = await serveRing(slots);
    const stopped = Array.from({ length: 5 }, () => new StreamClient(url));
    for (const client of stopped) await client.frame(); // Reads no further: megabytes wait in the kernel.
    await sleep(300);
    const [published, dropped] = [ring.published, ring.dropped];
    const quick = new StreamClient(url);
    const seen = await watch(quick, 1500);
    const made = ring.published - published;
    expect(made).toBeGreaterThan(30);
    expect(ring.dropped - dropped).toBe(0);
    expect(seen.length).toBeGreaterThan(0.8 * made);
    for (const client of [quick, ...stopped]) client.close();
  },
);

test('a viewer that reads slowly gets the newest frames, not those that queued up meanwhile', async () => {
  const { url, ring } = await serveRing(8);
  const slow = new StreamClient(url);
  let behind = 0;
  for (let turn = 0; turn < 12; turn++) {
    const frame = await slow.frame();
    behind = ring.published - (frame?.header.sequence ?? 0);
    await sleep(150);
  }
  const { header } = (await slow.frame()) as NonNullable<Awaited<ReturnType<typeof slow.frame>>>;
  slow.close();
  expect(header.skipped).toBeGreaterThan(10);
  // What the kernel's buffers hold is all that can be old: about ten frames of 1 MB, twice.
  expect(behind).toBeLessThan(90);
});

test('a viewer that acknowledges nothing gets no more than a few messages', async () => {
  const { url } = await serveRing(8);
  const silent = new StreamClient(url, 'camera=0&quality=raw');
  const seen = await Promise.race([watch(silent, 60_000), sleep(800)]);
  expect(seen).toBeUndefined();
  silent.close();
});

test('small pictures and few frames for a grid: as asked, with the size of the whole picture', async () => {
  const { url } = await serveRing(8);
  const client = new StreamClient(url, 'camera=0&acknowledge=no&quality=raw&width=250&fps=10');
  await client.frame();
  const began = performance.now();
  let last: Awaited<ReturnType<typeof client.frame>>;
  for (let count = 0; count < 8; count++) last = await client.frame();
  const seconds = (performance.now() - began) / 1000;
  client.close();
  expect(8 / seconds).toBeGreaterThan(5);
  expect(8 / seconds).toBeLessThan(11.5);
  expect(last?.header).toMatchObject({ width: 256, height: 256, reduction: 4, fullWidth: 1024, fullHeight: 1024 });
});

test('a server that is closed ends its views and leaves the ring', async () => {
  const { url, ring } = await serveRing(8);
  const client = new StreamClient(url);
  await client.frame();
  expect(ring.readerCount()).toBe(1);
  await server?.close();
  expect(ring.readerCount()).toBe(0);
  while (await client.next());
  expect(client.ended).toBe(true);
});

test('a viewer that takes nothing for long is dropped, and its frame given back to the ring', async () => {
  const { ring } = await serveRing(8);
  const camera = new Camera(0, `shm:${ring.name}`);
  const accepted = new Promise<Socket>((resolve) => {
    const listener = createServer((socket) => {
      listener.close();
      resolve(socket);
    }).listen(0, '127.0.0.1', () => connect((listener.address() as AddressInfo).port, '127.0.0.1').pause());
  });
  const socket = await accepted;
  const request = { camera, width: Number.POSITIVE_INFINITY, fps: Number.POSITIVE_INFINITY };
  const how = { name: 'stalled', acknowledges: false, decodes: false, quality: 'raw', stallMs: 300 } as const;
  const viewer = new Viewer(socket, [request], how);
  await expect.poll(() => socket.destroyed, { timeout: 10_000 }).toBe(true);
  viewer.close();
  await camera.close();
  expect(ringStatus(ring.name)).toMatchObject({ readers: 0, held: 0 });
});

test('frames of any size and format may follow one another', async () => {
  const { url, ring } = await serveRing(8);
  const client = new StreamClient(url);
  await client.frame();
  clearInterval(timer);
  const odd = allocateFrame({ format: 'i420', width: 33, height: 17 });
  await ring.write(odd);
  for (;;) {
    const frame = await client.frame();
    if (frame?.header.width !== 33) continue;
    expect(frame.pixels.length).toBe(33 * 17 + 2 * 17 * 9);
    break;
  }
  client.close();
});
