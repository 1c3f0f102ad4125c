import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { verifyCounterFrame } from '../../src/endpoints/counter-pattern.js';
import { runPipe } from '../../src/endpoints/pipe.js';
import { openSink, openSource } from '../../src/endpoints/registry.js';
import { ShmSink } from '../../src/endpoints/shm-sink.js';
import { parseUri } from '../../src/endpoints/uri.js';
import { allocateFrame } from '../../src/frame/index.js';
import { Publisher, ringStatus, Subscriber } from '../../src/ring/index.js';

const folder = mkdtempSync('/dev/shm/framelane-test-');
process.env.FRAMELANE_SHM_DIR = folder;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The numbers of all counter frames of a ring. */
async function numbersOf(address: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const frame of await openSource(address)) {
    numbers.push(verifyCounterFrame(frame));
    frame.release();
  }
  return numbers;
}

const counted = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('a lossless ring carries every frame, made in its slots', async () => {
  const reading = numbersOf('shm:through?wait=5');
  const stats = await runPipe({ source: 'test:64x48?fps=0&frames=200', sinks: ['shm:through'], lossless: true });
  expect(await reading).toEqual(counted(200));
  expect(stats).toMatchObject({ frames: 200, dropped: 0 });
  expect(readdirSync(folder)).toEqual([]);
});

test('frames from elsewhere, and for a second ring, are copied once', async () => {
  const readings = ['shm:one?wait=5', 'shm:two?wait=5', 'shm:three?wait=5'].map(numbersOf);
  await Promise.all([
    runPipe({ source: 'shm:one?wait=5', sinks: ['shm:three'], lossless: true }),
    runPipe({
      source: 'test:31x17?fps=0&frames=50&format=nv12',
      sinks: ['shm:one?await=2', 'shm:two'],
      lossless: true,
    }),
  ]);
  expect(await Promise.all(readings)).toEqual([counted(50), counted(50), counted(50)]);
  expect(readdirSync(folder)).toEqual([]);
});

test('what the address says is how the ring is made', async () => {
  const sink = await openSink('shm:made?slots=5&capacity=1M&readers=3&mode=640');
  await sink.begin?.({});
  expect(ringStatus('made')).toMatchObject({ slots: 5, capacity: 1024 ** 2, maxReaders: 3, lossless: false });
  await sink.close();
  await sink.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('facts of a frame go along', async () => {
  const sink = await openSink('shm:facts?lossless&await=0');
  const frame = allocateFrame(
    { format: 'gray16le', width: 3, height: 2 },
    { captureTime: 12_345n, metadata: { gain: 1.5 }, area: { x: 1, y: 2, sourceWidth: 30, sourceHeight: 20 } },
  );
  await sink.begin?.({ format: 'gray16le', width: 3, height: 2 });
  using subscriber = await Subscriber.open('facts');
  expect(await sink.write(frame)).toBe(true);
  using seen = subscriber.tryNext();
  const { captureTime, metadata, area } = frame;
  expect(seen).toMatchObject({ captureTime, metadata, area, format: 'gray16le', width: 3, height: 2 });
  await sink.close();
});

test('a frame larger than the first one is refused, with what to do', async () => {
  const sink = await openSink('shm:small');
  await sink.write(allocateFrame({ format: 'gray8', width: 10, height: 10 }));
  const writing = sink.write(allocateFrame({ format: 'gray8', width: 400, height: 400 }));
  await expect(writing).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' });
  await sink.close();
});

test('space that is not used goes back to the ring', async () => {
  const sink = new ShmSink(parseUri('shm:unused?slots=3'));
  const spec = { format: 'gray8', width: 16, height: 16 } as const;
  for (let round = 0; round < 20; round++) {
    const abandoned = await sink.memory.space(spec);
    abandoned?.abandon();
    (await sink.memory.space(spec))?.finish().release();
  }
  expect(sink.publisher).toMatchObject({ published: 0, dropped: 0 });
  const late = (await sink.memory.space(spec))?.finish();
  await sink.close();
  late?.release();
  await expect(sink.memory.space(spec)).rejects.toMatchObject({ code: 'RING_CLOSED' });
});

test('a full lossless ring waits until the signal ends it', async () => {
  const sink = new ShmSink(parseUri('shm:waiting?slots=2&lossless&await=0'));
  await sink.begin({ format: 'gray8', width: 16, height: 16 });
  using subscriber = await Subscriber.open('waiting');
  const stats = await runPipe({
    source: 'test:16x16?format=gray8&fps=0',
    sinks: [sink],
    signal: AbortSignal.timeout(200),
  });
  expect(stats.frames).toBeLessThan(4);
  expect(stats.dropped).toBe(0);
  expect(subscriber.tryNext()?.sequence).toBe(1);
});

test('latest skips what came meanwhile, and says how many', async () => {
  using publisher = Publisher.open('latest', { capacity: 256 });
  const frame = allocateFrame({ format: 'gray8', width: 16, height: 16 });
  await publisher.write(frame);
  const source = await openSource('shm:latest?latest');
  const seen: number[] = [];
  for await (const held of source) {
    seen.push(held.sequence);
    held.release();
    if (seen.length === 3) break;
    for (let count = 0; count < 4; count++) await publisher.write(frame);
  }
  expect(seen).toEqual([1, 5, 9]);
  expect(source.missed).toBe(6);
});

test('waiting for a ring ends with the signal, quietly', async () => {
  const stats = await runPipe({ source: 'shm:never?wait=forever', sinks: ['null:'], signal: AbortSignal.timeout(100) });
  expect(stats.frames).toBe(0);
});

test.each([
  ['shm:', 'BAD_URI'],
  ['shm:a?latest&every', 'BAD_URI'],
  ['shm:a?waits=3', 'BAD_URI'],
])('source %s is %s', async (address, code) => {
  await expect(openSource(address)).rejects.toMatchObject({ code });
});

test.each([
  ['shm:nowhere', 'RING_NOT_FOUND'],
  ['shm:nowhere?wait=0.05', 'RING_NOT_FOUND'],
  ['shm:a/b', 'RING_NAME'],
])('reading %s is %s', async (source, code) => {
  await expect(runPipe({ source, sinks: ['null:'] })).rejects.toMatchObject({ code });
});

test.each(['shm:', 'shm:a?slots=1', 'shm:a?slots=256', 'shm:a?mode=9', 'shm:a?capacity=lots', 'shm:a?slot=3'])(
  'sink %s is BAD_URI',
  async (address) => {
    await expect(openSink(address)).rejects.toMatchObject({ code: 'BAD_URI' });
  },
);
