import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { RecycledMemory } from '../../../src/endpoints/recycled-memory.js';
import { TestSource, type TestSourceOptions } from '../../../src/endpoints/test.js';
import { tineSource } from '../../../src/endpoints/tine.js';
import { openTineCamera, type TineCamera, type TineCameraOptions } from '../../../src/endpoints/tine-client.js';
import { serveTine, type TineServerOptions, tineServerLimits } from '../../../src/endpoints/tine-server.js';
import type { FramelaneError } from '../../../src/error.js';
import { decodeImage, toFrame } from '../../../src/tine/index.js';
import { type TineTransport, tinePort } from '../../../src/tine/net/protocol.js';
import { freeOffset } from './free-offset.js';
import { recording } from './recordings.js';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

function kept<T extends { close(): unknown }>(one: T): T {
  opened.push(one);
  return one;
}

async function serve(picture: Partial<TestSourceOptions> = {}, options: Partial<TineServerOptions> = {}) {
  const offset = options.offset ?? (await freeOffset());
  const source = new TestSource({ width: 64, height: 48, format: 'gray8', fps: 50, ...picture });
  const server = kept(await serveTine({ device: 'CAM0', eqm: 'IMGEQM', source, ...options, offset }));
  return { server, offset, address: `tine://127.0.0.1:${offset}/IMGEQM/CAM0/Frame` };
}

const camera = (address: string, options: TineCameraOptions = {}): TineCamera => kept(openTineCamera(address, options));

async function take(from: TineCamera, count: number): Promise<number[]> {
  const numbers: number[] = [];
  for await (const message of from.images()) {
    using image = message;
    expect(decodeImage(image.bytes, { strict: true }).warnings).toEqual([]);
    numbers.push(image.mark.frameNumber);
    if (numbers.length === count) break;
  }
  return numbers;
}

const transports: TineTransport[] = ['tcp', 'udp', 'stream'];

describe.each(transports)('over %s', (transport) => {
  test('single reads and a subscription give the frames of the source', async () => {
    const { address } = await serve();
    const reader = camera(`${address}?transport=${transport}&interval=20`);
    for (let count = 0; count < 3; count++) {
      using image = await reader.get();
      using frame = toFrame(image.bytes);
      expect([frame.width, frame.height, frame.format]).toEqual([64, 48, 'gray8']);
      expect(image.receivedAt).toBeGreaterThan(Date.now() - 5000);
    }
    const numbers = await take(reader, 10);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(new Set(numbers).size).toBe(10);
  });

  test('a server that is restarted gets its client back', async () => {
    const first = await serve();
    const reader = camera(`${first.address}?transport=${transport}&interval=50`);
    const images = reader.images();
    const next = async () => {
      using image = (await images.next()).value;
      return image.mark.frameNumber;
    };
    let last = 0;
    while (last < 60) last = await next();
    await first.server.close();
    await serve({}, { offset: first.offset });
    // The new server counts from 1 again.
    const deadline = performance.now() + 10_000;
    while (performance.now() < deadline) if ((await next()) < last) return;
    throw new Error('the client did not come back');
  });
});

test('a frame above 60 000 bytes that is asked for over UDP comes over TCP', async () => {
  const { address } = await serve({ width: 640, height: 480 });
  const troubles: FramelaneError[] = [];
  const reader = camera(`${address}?transport=udp`, { onTrouble: (error) => troubles.push(error) });
  using image = await reader.get();
  expect(image.bytes.length).toBe(640 * 480 + 188);
  expect(troubles).toMatchObject([{ code: 'TINE_STATUS', details: { status: 185 } }]);
});

test('4K RGB, 24 MB, above the usual capacity, comes by itself', async () => {
  const { address } = await serve({ width: 3840, height: 2160, format: 'rgb24', fps: 5 });
  using image = await camera(address, { timeout: 20_000 }).get();
  expect(image.bytes.length).toBe(3840 * 2160 * 3 + 188);
});

test('JPEG is served and decoded', async () => {
  const { address } = await serve({ format: 'rgb24' }, { encoding: 'jpeg', quality: 95 });
  for await (const frame of kept(tineSource(address))) {
    using picture = frame;
    expect([picture.width, picture.height, picture.format]).toEqual([64, 48, 'rgb24']);
    break;
  }
});

test('frames of a tine: source carry number and time, lent or in the consumer’s memory', async () => {
  const { address } = await serve({ format: 'gray16le' });
  for (const memory of [undefined, new RecycledMemory()]) {
    const source = kept(tineSource(`${address}?interval=20`));
    let last = 0;
    let count = 0;
    for await (const frame of source.frames({ memory })) {
      using picture = frame;
      expect(picture.sequence).toBeGreaterThan(last);
      expect(Number(picture.captureTime / 1_000_000n)).toBeGreaterThan(Date.now() - 5000);
      expect(picture.format).toBe('gray16le');
      last = picture.sequence;
      count++;
      if (count === 8) break;
    }
  }
});

test('aborting ends the iteration quietly, also while nothing comes', async () => {
  const { address } = await serve({ frames: 1 });
  const stop = new AbortController();
  const source = kept(tineSource(address));
  setTimeout(() => stop.abort(), 300);
  let frames = 0;
  for await (const frame of source.frames({ signal: stop.signal })) {
    frame.release();
    frames++;
  }
  expect(frames).toBe(1);
});

test('an image that was given back cannot be read, and not given back twice', async () => {
  const { address } = await serve();
  const image = await camera(address).get();
  image.release();
  expect(() => image.bytes).toThrow(expect.objectContaining({ code: 'FRAME_RELEASED' }));
  expect(() => image.release()).toThrow(expect.objectContaining({ code: 'FRAME_RELEASED' }));
});

test('memory is used again: hundreds of images lie in the same few buffers', async () => {
  const { address } = await serve({ fps: 200 });
  const buffers = new Set<ArrayBufferLike>();
  let count = 0;
  for await (const message of camera(`${address}?interval=10`).images()) {
    buffers.add(message.bytes.buffer);
    message.release();
    count++;
    if (count === 200) break;
  }
  expect(buffers.size).toBeLessThanOrEqual(3);
});

test('a client that reads nothing is cut out of the way: the others get every frame', async () => {
  const { server, address } = await serve({ width: 1920, height: 1080, format: 'gray16le', fps: 30 });
  await stalledClient(server.ports.tcp);
  await sleep(300);
  const numbers = await take(camera(`${address}?interval=1`), 30);
  expect((numbers.at(-1) as number) - (numbers[0] as number)).toBeLessThan(36);
  expect(server.stats.dropped).toBeGreaterThan(0);
});

/** A client that subscribes to large frames and never reads. */
async function stalledClient(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  opened.push({ close: () => socket.destroy() });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  const ask = recording('timer_tcp_gray8').client[0]?.slice() as Uint8Array;
  new DataView(ask.buffer).setUint32(48 + 172, 6_292_480, true);
  socket.write(ask);
  return socket;
}

test('clients that stall on different frames hold 16 images at most: then the slowest is disconnected', async () => {
  const { server, address } = await serve({ width: 1920, height: 1080, format: 'gray16le', fps: 20 });
  for (let count = 0; count < 20; count++) {
    await stalledClient(server.ports.tcp);
    await sleep(110);
  }
  await expect.poll(() => server.stats.connections).toBeLessThanOrEqual(16);
  expect(server.stats.connections).toBeGreaterThan(8);
  expect(await take(camera(`${address}?interval=1`), 10)).toHaveLength(10);
});

test('a client that takes longer than the limit over one frame is disconnected', async () => {
  const { server } = await serve({ width: 1920, height: 1080, format: 'gray16le', fps: 2 });
  await stalledClient(server.ports.tcp);
  await expect.poll(() => server.stats.connections).toBe(1);
  const limit = tineServerLimits.stallMilliseconds;
  await sleep(limit - 3000);
  expect(server.stats.connections).toBe(1);
  await expect.poll(() => server.stats.connections, { timeout: 6000 }).toBe(0);
});

test('connections beyond the limit are closed at once', async () => {
  const { server } = await serve();
  const sockets: Socket[] = [];
  opened.push({ close: () => sockets.map((socket) => socket.destroy()) });
  for (let index = 0; index <= tineServerLimits.connections; index++) {
    const socket = connect(server.ports.tcp, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
  }
  const extra = sockets.at(-1) as Socket;
  if (!extra.closed) await once(extra, 'close');
  expect(server.stats.connections).toBe(tineServerLimits.connections);
});

test('a client that sends garbage is disconnected, on TCP and STREAM; on UDP it is ignored', async () => {
  const { server, address } = await serve();
  for (const port of [server.ports.tcp, server.ports.stream]) {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: somebody\r\n\r\n');
    await once(socket, 'close');
  }
  const udp = kept(createSocket('udp4'));
  for (let length = 0; length < 300; length += 13) udp.send(Buffer.alloc(length, 7), server.ports.udp, '127.0.0.1');
  using image = await camera(`${address}?transport=udp`).get();
  expect(image.bytes.length).toBe(64 * 48 + 188);
});

test('a client that asks on and on without reading is disconnected', async () => {
  const { server } = await serve();
  const socket = connect(server.ports.tcp, '127.0.0.1');
  opened.push({ close: () => socket.destroy() });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  const ask = recording('err_property_udp').client[0] as Uint8Array;
  for (let count = 0; count < 200_000 && server.stats.connections > 0; count++) {
    socket.write(ask);
    if (count % 500 === 0) await sleep(1);
  }
  expect(server.stats.connections).toBe(0);
});

/** A server on the TCP port of an offset that does what the test says with each connection. */
async function fakeServer(act: (socket: Socket) => void): Promise<string> {
  const offset = await freeOffset();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    act(socket);
  });
  server.listen(tinePort('tcp', offset), '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(done));
    },
  });
  return `tine://127.0.0.1:${offset}/IMGEQM/CAM0/Frame`;
}

describe('a server', () => {
  test('that sends garbage: TINE_PROTOCOL with the offset', async () => {
    const address = await fakeServer((socket) =>
      socket.end('220 smtp.example.org ESMTP, nice to meet you\r\n'.repeat(4)),
    );
    await expect(camera(address).get()).rejects.toMatchObject({ code: 'TINE_PROTOCOL', details: { offset: 0 } });
    await expect(take(camera(address), 1)).rejects.toMatchObject({ code: 'TINE_PROTOCOL', details: { offset: 0 } });
  });

  test('that closes at once: CONNECTION', async () => {
    const address = await fakeServer((socket) => socket.destroy());
    await expect(camera(address).get()).rejects.toMatchObject({ code: 'CONNECTION' });
    await expect(take(camera(address, { timeout: 500 }), 1)).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  test('that never answers: TIMEOUT', async () => {
    const address = await fakeServer(() => undefined);
    await expect(camera(address, { timeout: 600 }).get()).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(take(camera(address, { timeout: 600 }), 1)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('that is not there: CONNECTION', async () => {
    const address = `tine://127.0.0.1:${await freeOffset()}/IMGEQM/CAM0/Frame`;
    await expect(camera(address).get()).rejects.toMatchObject({ code: 'CONNECTION' });
    await expect(take(camera(address, { timeout: 500 }), 1)).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  test('that does not know the property: TINE_STATUS 36, at once', async () => {
    const { address } = await serve();
    const wrong = address.replace('/Frame', '/Fram');
    await expect(camera(wrong).get()).rejects.toMatchObject({ code: 'TINE_STATUS', details: { status: 36 } });
    await expect(take(camera(wrong), 1)).rejects.toMatchObject({ code: 'TINE_STATUS', details: { status: 36 } });
  });
});

test('closing the camera ends a read that waits, with ABORTED', async () => {
  const address = await fakeServer(() => undefined);
  const reader = camera(address);
  const answer = reader.get();
  setTimeout(() => void reader.close(), 50);
  await expect(answer).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(reader.get()).rejects.toMatchObject({ code: 'ABORTED' });
});

test('closing the camera cancels at the server', async () => {
  const { server, address } = await serve();
  const reader = camera(`${address}?transport=udp`);
  const images = reader.images();
  (await images.next()).value.release();
  expect(server.stats.subscriptions).toBe(1);
  await reader.close();
  expect((await images.next()).done).toBe(true);
  await expect.poll(() => server.stats.subscriptions).toBe(0);
});

/** A name server that answers every question with the recorded answer, changed to that offset. */
async function fakeNameServer(offset: number): Promise<number> {
  const socket = kept(createSocket('udp4'));
  socket.on('message', (question, from) => {
    expect(question.length).toBe(260);
    const answer = recording('ens_lookup_udp').server[0]?.slice() as Uint8Array;
    answer.fill(0, 88 + 144, 88 + 184);
    answer.set(new TextEncoder().encode('127.0.0.1'), 88 + 144);
    new DataView(answer.buffer).setUint32(88 + 184, offset, true);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

test('a server is found through a given name server', async () => {
  const { offset } = await serve();
  const port = await fakeNameServer(offset);
  const reader = camera(`tine://LOOP/ImgServer/CAM0/Frame?ens=127.0.0.1:${port}`);
  using image = await reader.get();
  expect(image.bytes.length).toBe(64 * 48 + 188);
  expect(await take(reader, 2)).toHaveLength(2);
});

test('a name server that does not answer is a TIMEOUT that names it', async () => {
  const silent = kept(createSocket('udp4'));
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const reader = camera(`tine://LOOP/ImgServer/CAM0/Frame?ens=127.0.0.1:${silent.address().port}`);
  await expect(reader.get()).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('ImgServer') });
});

test.each([
  'tine:',
  'tine://host',
  'tine://host/EQM/DEVICE',
  'tine://host/EQM/DEVICE/PROPERTY/MORE',
  'tine://host//DEVICE/PROPERTY',
  'tine://host:8503/EQM/DEVICE/PROPERTY',
  'tine://host:x/EQM/DEVICE/PROPERTY',
  'tine://host/TOOLONG/DEVICE/PROPERTY',
  'tine://host/EQM/DEVICE/PROPERTY?interval=0',
  'tine://host/EQM/DEVICE/PROPERTY?transport=carrier-pigeon',
  'tine://host/EQM/DEVICE/PROPERTY?intervall=5',
])('%s is BAD_URI', (address) => {
  expect(() => tineSource(address)).toThrow(expect.objectContaining({ code: 'BAD_URI' }));
});

test('options that cannot be are refused before anything is opened', () => {
  const address = 'tine://127.0.0.1/EQM/DEVICE/PROPERTY';
  for (const options of [{ timeout: 0 }, { buffers: 1 }, { capacity: 1e12 }, { interval: Number.NaN }]) {
    expect(() => openTineCamera(address, options)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  }
});

test('a host may be a name', async () => {
  const { address } = await serve();
  using image = await camera(address.replace('127.0.0.1', 'localhost')).get();
  expect(image.bytes.length).toBe(64 * 48 + 188);
});

test('a BAD_URI shows the right form', () => {
  expect(() => openTineCamera('tine://host/EQM')).toThrow(/tine:\/\/HOST\[:OFFSET\]\/EQM\/DEVICE\/PROPERTY/);
});

test('other machines are let in only by an allow-list', async () => {
  const source = new TestSource();
  const options = { device: 'CAM0', source, offset: await freeOffset() };
  await expect(serveTine({ ...options, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(serveTine({ ...options, allow: ['10.0.0.0/33'] })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  kept(await serveTine({ ...options, eqm: 'IMGEQM', allow: ['192.0.2.0/24'] }));
  const address = `tine://127.0.0.1:${options.offset}/IMGEQM/CAM0/Frame`;
  await expect(camera(address).get()).rejects.toMatchObject({ code: 'CONNECTION' });
  await expect(camera(`${address}?transport=udp`, { timeout: 600 }).get()).rejects.toMatchObject({ code: 'TIMEOUT' });
});

test('a taken port is an error that names the ports, and leaves nothing open', async () => {
  const { offset, server } = await serve();
  const again = serveTine({ device: 'CAM0', source: new TestSource(), offset });
  await expect(again).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining(`${8503 + offset}`) });
  await server.close();
  await serve({}, { offset });
});

test('a source that fails is told through `ended`', async () => {
  const source = new TestSource();
  source.frames = () => {
    throw new Error('camera unplugged');
  };
  const server = kept(await serveTine({ device: 'CAM0', source, offset: await freeOffset() }));
  await expect(server.ended).rejects.toThrow('camera unplugged');
});
