import { expect, test } from 'vitest';
import { verifyCounterFrame } from '../../src/endpoints/counter-pattern.js';
import { type PipeOptions, type PipeStats, runPipe } from '../../src/endpoints/pipe.js';
import { RecycledMemory } from '../../src/endpoints/recycled-memory.js';
import { openSource } from '../../src/endpoints/registry.js';
import type { Sink } from '../../src/endpoints/sink.js';
import type { FrameMemory } from '../../src/endpoints/source.js';
import { type Frame, FramelaneError } from '../../src/frame/index.js';

/** Keeps the numbers of counter frames; each is checked to the last byte. */
class KeepingSink implements Sink {
  readonly uri = 'keep:';
  readonly numbers: number[] = [];
  readonly memory?: FrameMemory;
  closed = 0;

  constructor(memory?: FrameMemory) {
    if (memory !== undefined) this.memory = memory;
  }

  async write(frame: Frame): Promise<boolean> {
    this.numbers.push(verifyCounterFrame(frame));
    return true;
  }

  async close(): Promise<void> {
    this.closed++;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const counter = 'test:40x30?fps=0&frames=10';
const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

test('every sink gets every frame, in order', async () => {
  const sinks = [new KeepingSink(), new KeepingSink(), new KeepingSink()];
  const stats = await runPipe({ source: counter, sinks });
  expect(sinks.map(({ numbers }) => numbers)).toEqual([all, all, all]);
  expect(sinks.map(({ closed }) => closed)).toEqual([1, 1, 1]);
  expect(stats).toMatchObject({ frames: 10, bytes: 10 * 40 * 30 * 3, dropped: 0 });
  expect(stats.seconds).toBeGreaterThan(0);
});

test('frames are made in the memory of the first sink that has some', async () => {
  const [lender, late] = [new RecycledMemory(), new RecycledMemory()];
  const lent = new Set<ArrayBufferLike>();
  const space: FrameMemory['space'] = async (spec) => {
    const taken = lender.take(spec);
    lent.add(taken.bytes.buffer);
    return taken;
  };
  const seen = new Set<ArrayBufferLike>();
  const plain = new KeepingSink();
  plain.write = async (frame) => seen.add(frame.data.buffer) !== undefined;
  await runPipe({ source: counter, sinks: [plain, new KeepingSink({ space }), new KeepingSink(late)] });
  expect([...seen]).toEqual([...lent]);
  expect(lent.size).toBe(1); // Given back after each frame, so one buffer does for all.
});

test('frames without room are dropped and counted', async () => {
  const memory = new RecycledMemory();
  let asked = 0;
  const sink = new KeepingSink({ space: async (spec) => (++asked % 2 === 0 ? undefined : memory.take(spec)) });
  const stats = await runPipe({ source: counter, sinks: [sink] });
  expect(stats).toMatchObject({ frames: 5, dropped: 5 });
  expect(sink.numbers).toEqual([1, 3, 5, 7, 9]);
});

test('a frame that one sink drops counts as dropped', async () => {
  const choosy = new KeepingSink();
  choosy.write = async (frame) => verifyCounterFrame(frame) > 4;
  expect(await runPipe({ source: counter, sinks: [new KeepingSink(), choosy] })).toMatchObject({
    frames: 6,
    dropped: 4,
  });
});

test('a number of frames ends a source that does not end', async () => {
  const sink = new KeepingSink();
  expect((await runPipe({ source: 'test:16x16?fps=0', sinks: [sink], frames: 7 })).frames).toBe(7);
  expect(sink.numbers).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('progress is told after each frame', async () => {
  const seen: number[] = [];
  await runPipe({ source: counter, sinks: ['null:'], onProgress: ({ frames }) => seen.push(frames) });
  expect(seen).toEqual(all);
});

test('an abort ends it quietly, also in a source that never rests', { retry: 4 }, async () => {
  for (const source of ['test:16x16?fps=0', 'test:16x16?fps=1']) {
    const stats = await runPipe({ source, sinks: ['null:'], signal: AbortSignal.timeout(100) });
    expect(stats.seconds).toBeLessThan(0.9);
  }
  const nothing = await runPipe({ source: counter, sinks: ['null:'], signal: AbortSignal.abort() });
  expect(nothing).toMatchObject({ frames: 0, latency_us: { p50: null, p99: null } });
});

test('a sink that has never room does not keep timers from having their turn', async () => {
  const full = new KeepingSink({ space: async () => undefined });
  const stats = await runPipe({ source: 'test:16x16?fps=0', sinks: [full], signal: AbortSignal.timeout(100) });
  expect(stats.frames).toBe(0);
  expect(stats.dropped).toBeGreaterThan(0);
});

test.each<[string, (sink: KeepingSink) => void]>([
  ['to begin', (sink) => Object.assign(sink, { begin: async () => Promise.reject(new FramelaneError('IO', 'begin')) })],
  ['to write', (sink) => Object.assign(sink, { write: async () => Promise.reject(new FramelaneError('IO', 'write')) })],
  ['to close', (sink) => Object.assign(sink, { close: async () => Promise.reject(new FramelaneError('IO', 'close')) })],
])('when a sink fails %s, everything else is closed all the same', async (_, spoil) => {
  const [bad, good] = [new KeepingSink(), new KeepingSink()];
  spoil(bad);
  const source = await openSource(counter);
  let sourceClosed = 0;
  source.close = async () => void sourceClosed++;
  await expect(runPipe({ source, sinks: [bad, good] })).rejects.toMatchObject({ code: 'IO' });
  expect([good.closed, sourceClosed]).toEqual([1, 1]);
});

test('an address that is refused closes what was given', async () => {
  const sink = new KeepingSink();
  await expect(runPipe({ source: 'tset:', sinks: [sink] })).rejects.toMatchObject({ code: 'UNKNOWN_SCHEME' });
  expect(sink.closed).toBe(1);
});

test('a speed can be asked of any source', { retry: 4 }, async () => {
  const timed = async (options: Pick<PipeOptions, 'source' | 'fps'>): Promise<PipeStats> =>
    runPipe({ ...options, sinks: ['null:'], frames: 21 });
  for (const source of ['test:16x16?fps=0', await openSource('test:16x16?fps=0')]) {
    const { seconds } = await timed({ source, fps: 100 });
    expect(seconds).toBeGreaterThan(0.19);
    expect(seconds).toBeLessThan(0.4);
  }
});

test('the latency is the time from the capture to the last sink', { retry: 4 }, async () => {
  const slow = new KeepingSink();
  slow.write = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return true;
  };
  const { latency_us: latency } = await runPipe({ source: counter, sinks: [slow] });
  expect(latency.p50).toBeGreaterThan(18_000);
  expect(latency.p50).toBeLessThan(60_000);
});
