import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { Publisher, type RingFrame, ringStatus, Subscriber } from '../../src/ring/index.js';
import { ringFolder } from '../../src/ring/status.js';
import { ringName } from './names.js';

const spec = { format: 'gray8', width: 5, height: 3 } as const;
const opened: Disposable[] = [];
const workers: Worker[] = [];

const open = (name: string, options = {}) => {
  const ring = Publisher.open(name, { capacity: 64, ...options });
  opened.push(ring);
  return ring;
};

const subscribe = async (name: string, options = {}) => {
  const ring = await Subscriber.open(name, options);
  opened.push(ring);
  return ring;
};

function put(ring: Publisher, value: number): number {
  const loan = ring.loan(spec);
  if (loan === undefined) throw new Error('no slot is free');
  loan.bytes.fill(value);
  return loan.publish();
}

const program = new URL('./worker-program.ts', import.meta.url).href;

/** A thread that takes part in a ring, and the messages it sends. */
function start(part: string, name: string) {
  // Node 20 loads no TypeScript by itself in a thread.
  const load = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${JSON.stringify(program)}, ${JSON.stringify(program)}))`;
  const worker = new Worker(load, { eval: true, workerData: { part, name } });
  workers.push(worker);
  const messages: unknown[] = [];
  let failure: Error | undefined;
  let changed = () => {};
  worker.on('message', (message) => {
    messages.push(message);
    changed();
  });
  worker.on('error', (error: Error) => {
    failure = error;
    changed();
  });
  const message = async (): Promise<unknown> => {
    while (messages.length === 0 && failure === undefined) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
    if (failure !== undefined) throw failure;
    return messages.shift();
  };
  return { worker, message };
}

const left = (name: string) => existsSync(`${ringFolder()}/framelane.${name}`);

afterEach(async () => {
  for (const ring of opened.splice(0).reverse()) ring[Symbol.dispose]();
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

describe('a ring among threads', () => {
  it('goes from the main thread to readers in workers, every frame to each', async () => {
    const name = ringName();
    const ring = open(name, { slots: 4, lossless: true });
    const readers = [start('read', name), start('read', name)];
    for (const reader of readers) expect(await reader.message()).toBe('attached');
    for (let value = 1; value <= 200; value++) {
      const loan = await ring.loanWhenFree(spec);
      loan.bytes.fill(value);
      loan.publish();
    }
    ring.close();
    const all = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const reader of readers) expect(await reader.message()).toEqual(all);
  });

  it('goes from a worker to the main thread', async () => {
    const name = ringName();
    const producer = start('publish', name);
    expect(await producer.message()).toBe('open');
    const seen: number[] = [];
    for await (const frame of await subscribe(name)) {
      seen.push(frame.data[14] as number);
      frame.release();
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(await producer.message()).toBe('closed');
  });

  it('gets back what a terminated worker held', async () => {
    const name = ringName();
    const ring = open(name, { slots: 4 });
    put(ring, 1);
    put(ring, 2);
    const holder = start('hold', name);
    expect(await holder.message()).toEqual([1, 2]);
    for (let value = 3; value < 60; value++) put(ring, value);
    expect(ringStatus(name)).toMatchObject({ readers: 1, held: 2 });
    holder.worker.postMessage('look again');
    expect(await holder.message()).toEqual([1, 2]);
    await holder.worker.terminate();
    expect(ringStatus(name)).toMatchObject({ readers: 0, held: 0 });
    const loans = Array.from({ length: 3 }, () => ring.loan(spec));
    expect(loans.every((loan) => loan !== undefined)).toBe(true);
  });

  it('is closed for its readers when the producer’s worker is terminated', async () => {
    const name = ringName();
    const producer = start('produce', name);
    expect(await producer.message()).toBe(15);
    const reader = await subscribe(name);
    const next = reader.next();
    await producer.worker.terminate();
    expect(await next).toBeUndefined();
    expect(left(name)).toBe(false);
  });

  it('does not hand a frame’s memory over to a thread: it copies or refuses', async () => {
    const name = ringName();
    const ring = open(name);
    const reader = await subscribe(name);
    put(ring, 9);
    const frame = (await reader.next()) as RingFrame;
    try {
      const copy = structuredClone(frame.data, { transfer: [frame.data.buffer as ArrayBuffer] });
      copy.fill(1);
    } catch (error) {
      expect((error as Error).name).toBe('DataCloneError');
    }
    expect(frame.data.length).toBe(15);
    expect(frame.data.every((pixel) => pixel === 9)).toBe(true);
    frame.release();
  });
});

describe('a process that ends without closing', () => {
  const program = fileURLToPath(new URL('./exit-program.ts', import.meta.url));

  it.each([
    ['end', 0],
    ['process.exit', 3],
    ['process.exit with a thread', 4],
    ['uncaught', 1],
  ])('by %s leaves nothing in shared memory', (way, code) => {
    const name = ringName();
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program, way, name], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(stdout.trim()).toBe('15 15');
    expect(stderr.includes('on purpose')).toBe(way === 'uncaught');
    expect(signal ?? status).toBe(code);
    expect(left(name) || left(`${name}-thread`)).toBe(false);
  });
});

describe('a frame that was dropped without release', () => {
  it('is given back by the collector, with one warning a second', () => {
    const program = fileURLToPath(new URL('./forgetful-program.ts', import.meta.url));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', '--no-warnings', '--import', 'tsx', program, ringName()],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(stderr).toBe('');
    const { before, after, published, missed, warnings } = JSON.parse(stdout);
    // The newest one may still be referenced by the promise that brought it.
    expect({ before, published, missed }).toEqual({ before: 5, published: 11, missed: 0 });
    expect(after).toBeLessThanOrEqual(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^FramelaneWarning: ring ".*": [45] frames were dropped without release\(\)/);
  });
});

describe('one process with much of it', () => {
  it('keeps twenty rings apart', async () => {
    const names = Array.from({ length: 20 }, ringName);
    const rings = names.map((name) => open(name, { slots: 3 }));
    const readers = await Promise.all(names.map((name) => subscribe(name)));
    for (let round = 0; round < 10; round++) {
      const next = readers.map((reader) => reader.next());
      rings.forEach((ring, index) => {
        put(ring, index + round);
      });
      const frames = await Promise.all(next);
      expect(frames.map((frame) => frame?.data[0])).toEqual(names.map((_, index) => index + round));
      for (const frame of frames) frame?.release();
    }
  });

  it('serves 64 readers of a ring, each holding a frame, and refuses the 65th', async () => {
    const name = ringName();
    const ring = open(name, { slots: 4, lossless: true });
    const readers = await Promise.all(Array.from({ length: 64 }, () => subscribe(name)));
    await expect(subscribe(name)).rejects.toMatchObject({ code: 'RING_FULL' });
    expect(ring.readerCount({ lossless: true })).toBe(64);
    for (let value = 1; value <= 20; value++) {
      const next = readers.map((reader) => reader.next());
      const loan = await ring.loanWhenFree(spec);
      loan.bytes.fill(value);
      loan.publish();
      const frames = await Promise.all(next);
      expect(frames.every((frame) => frame?.data[7] === value)).toBe(true);
      expect(ringStatus(name).held).toBe(64);
      for (const frame of frames) frame?.release();
    }
    readers[10]?.close();
    expect((await subscribe(name)).facts?.lossless).toBe(true);
  });
});
