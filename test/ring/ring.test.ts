import { closeSync, openSync, writeSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import { allocateFrame } from '../../src/frame/index.js';
import { Publisher, Subscriber } from '../../src/ring/index.js';
import { ringName } from './names.js';

const small = { format: 'gray8', width: 5, height: 3 } as const;
const opened: Disposable[] = [];
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

/** Publishes a frame whose pixels are all `value`. */
function put(ring: Publisher, value: number): number {
  const loan = ring.loan(small);
  if (loan === undefined) throw new Error('no slot is free');
  loan.bytes.fill(value);
  return loan.publish();
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof FramelaneError) return error.code;
    throw error;
  }
  return 'none';
};

afterEach(() => {
  for (const ring of opened.splice(0).reverse()) ring[Symbol.dispose]();
});

describe('a ring in one process', () => {
  it('hands a frame written in place to a reader, with all that was said about it', async () => {
    const name = ringName();
    const ring = open(name);
    const reader = await subscribe(name);
    const loan = ring.loan({ format: 'gray8', width: 5, height: 3, strides: [8] });
    loan?.bytes.set([1, 2, 3]);
    const area = { x: 1, y: 2, sourceWidth: 640, sourceHeight: 480 };
    loan?.publish({ captureTime: 1_700_000_000_123_456_789n, metadata: { gain: 1.5, camera: 'ä', on: true }, area });
    const frame = await reader.next();
    expect(frame).toMatchObject({ format: 'gray8', width: 5, height: 3, stride: 8, sequence: 1, area });
    expect(frame?.captureTime).toBe(1_700_000_000_123_456_789n);
    expect({ ...frame?.metadata }).toEqual({ gain: 1.5, camera: 'ä', on: true });
    expect([...(frame?.data.subarray(0, 3) ?? [])]).toEqual([1, 2, 3]);
    frame?.release();
  });

  it('waits for a frame without polling and ends when the producer closes', async () => {
    const name = ringName();
    // Room for all: on a busy machine the waiter thread may come late.
    const ring = open(name, { slots: 22 });
    const reader = await subscribe(name);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const frame of reader) {
        seen.push(frame.data[0] as number);
        frame.release();
      }
    })();
    for (let value = 1; value <= 20; value++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      put(ring, value);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    ring.close();
    await reading;
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('keeps a held frame as it is while the producer goes on, and counts what a lossy reader missed', async () => {
    const name = ringName();
    const ring = open(name, { slots: 4 });
    const reader = await subscribe(name, { mode: 'latest' });
    put(ring, 1);
    const held = await reader.next();
    for (let value = 2; value < 200; value++) put(ring, value);
    expect(held?.data.every((pixel) => pixel === 1)).toBe(true);
    const latest = await reader.next();
    expect(latest?.data[0]).toBe(199);
    expect(reader.missed).toBe(197);
    held?.release();
    latest?.release();
  });

  it('drops and counts when every slot is held', async () => {
    const name = ringName();
    const ring = open(name, { slots: 3 });
    const reader = await subscribe(name);
    const held = [];
    for (let value = 1; value <= 3; value++) {
      put(ring, value);
      held.push(await reader.next());
    }
    expect(ring.loan(small)).toBeUndefined();
    expect(ring.dropped).toBe(1);
    held[0]?.release();
    expect(put(ring, 4)).toBe(4);
    for (const frame of held.slice(1)) frame?.release();
  });

  it('takes the memory away from a released frame and from a published loan', async () => {
    const name = ringName();
    const ring = open(name);
    const reader = await subscribe(name);
    const loan = ring.loan(small);
    const written = loan?.bytes as Uint8Array;
    loan?.publish();
    expect(written.byteLength).toBe(0);
    expect(codeOf(() => loan?.bytes)).toBe('FRAME_RELEASED');
    expect(codeOf(() => loan?.publish())).toBe('FRAME_RELEASED');
    const frame = await reader.next();
    const view = frame?.data as Uint8Array;
    frame?.release();
    expect(view.byteLength).toBe(0);
    expect(codeOf(() => frame?.data)).toBe('FRAME_RELEASED');
    expect(codeOf(() => frame?.release())).toBe('FRAME_RELEASED');
  });

  it('refuses a thirteenth frame and says what to do', async () => {
    const name = ringName();
    const ring = open(name, { slots: 20 });
    const reader = await subscribe(name, { mode: 'every', from: 'oldest' });
    for (let value = 1; value <= 13; value++) put(ring, value);
    const held = Array.from({ length: 12 }, () => reader.tryNext());
    expect(codeOf(() => reader.tryNext())).toBe('TOO_MANY_HELD');
    for (const frame of held) frame?.release();
    expect(reader.tryNext()?.sequence).toBe(13);
  });

  it('keeps held frames valid after the subscriber was closed, and the ring usable for others', async () => {
    const name = ringName();
    const ring = open(name, { slots: 3 });
    const reader = await subscribe(name);
    put(ring, 7);
    const frame = await reader.next();
    reader.close();
    for (let value = 8; value < 40; value++) put(ring, value);
    expect(frame?.data[0]).toBe(7);
    frame?.release();
    expect(ring.readerCount()).toBe(0);
  });

  it('copies a frame with padded rows in one call', async () => {
    const name = ringName();
    const ring = open(name, { capacity: 1000 });
    const reader = await subscribe(name);
    const frame = allocateFrame({ format: 'i420', width: 5, height: 5, strides: [9, 7, 6] }, { metadata: { n: 1 } });
    frame.planes.forEach((plane, index) => {
      plane.data.fill(index + 1);
    });
    expect(await ring.write(frame)).toBe(true);
    const got = await reader.next();
    expect(got?.planes.map((plane) => [plane.stride, plane.data.length, plane.data[0]])).toEqual([
      [5, 25, 1],
      [3, 9, 2],
      [3, 9, 3],
    ]);
    got?.release();
  });

  it('lends or copies: without foreign memory everything works by copies', async () => {
    const name = ringName();
    const ring = open(name, { copy: true });
    const reader = await subscribe(name, { copy: true });
    for (let value = 1; value < 40; value++) {
      put(ring, value);
      const frame = await reader.next();
      expect(frame?.data.every((pixel) => pixel === value)).toBe(true);
      frame?.release();
    }
  });

  it('refuses a second live producer and wrong names', () => {
    const name = ringName();
    open(name);
    expect(codeOf(() => open(name))).toBe('RING_BUSY');
    for (const bad of ['', 'a/b', '../x', 'ä', 'x'.repeat(65), 'a b']) {
      expect(codeOf(() => open(bad))).toBe('RING_NAME');
    }
    expect(codeOf(() => open(ringName(), { capacity: 0 }))).toBe('BAD_ARGUMENT');
    expect(codeOf(() => open(ringName(), { slots: 1 }))).toBe('BAD_ARGUMENT');
  });

  it('refuses a frame that does not fit and names both sizes', () => {
    const ring = open(ringName());
    expect(() => ring.loan({ format: 'rgb24', width: 100, height: 100 })).toThrow(/30000 bytes.*64/);
  });
});

describe('a lossless ring', () => {
  it('drops nothing: a slow reader slows the producer', async () => {
    const name = ringName();
    const ring = open(name, { slots: 3, lossless: true });
    const reader = await subscribe(name);
    const writing = (async () => {
      for (let value = 1; value <= 100; value++) {
        const loan = await ring.loanWhenFree(small);
        loan.bytes.fill(value);
        loan.publish();
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
      ring.close();
    })();
    const seen: number[] = [];
    for await (const frame of reader) {
      seen.push(frame.data[14] as number);
      if (seen.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
      frame.release();
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(reader.missed).toBe(0);
  });

  it('is not held up by a reader that only wants the latest, or opted out', async () => {
    const name = ringName();
    const ring = open(name, { slots: 3, lossless: true });
    await subscribe(name, { mode: 'latest' });
    await subscribe(name, { mode: 'every', lossless: false });
    for (let value = 1; value <= 50; value++) put(ring, value);
    expect(ring.published).toBe(50);
  });

  it('waits for its first reader', async () => {
    const name = ringName();
    const ring = open(name, { lossless: true });
    let there = false;
    const waiting = ring.waitForReader({ lossless: true }).then(() => {
      there = true;
    });
    await subscribe(name, { mode: 'latest' });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(there).toBe(false);
    await subscribe(name);
    await waiting;
    expect(there).toBe(true);
  });

  it('says so when a reader wants lossless of a lossy ring', async () => {
    const name = ringName();
    open(name);
    await expect(subscribe(name, { lossless: true })).rejects.toMatchObject({ code: 'RING_LOSSY' });
  });
});

describe('a ring that changes', () => {
  it('is noticed: readers go on with the successor of another capacity', async () => {
    const name = ringName();
    const first = open(name);
    const reader = await subscribe(name, { follow: true });
    put(first, 1);
    (await reader.next())?.release();
    const next = reader.next();
    first.close({ keep: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = open(name, { capacity: 5000 });
    const loan = second.loan({ format: 'gray8', width: 50, height: 100 });
    loan?.bytes.fill(9);
    loan?.publish();
    const frame = await next;
    expect(frame).toMatchObject({ width: 50, height: 100, sequence: 1 });
    frame?.release();
  });

  it('is taken over: the sequence goes on where it stopped', async () => {
    const name = ringName();
    const first = open(name);
    put(first, 1);
    put(first, 2);
    first.close({ keep: true });
    const second = open(name);
    expect(put(second, 3)).toBe(3);
  });

  it('is read to its end by a reader whose thread was busy while it closed', async () => {
    const name = ringName();
    const ring = open(name);
    const reader = await subscribe(name);
    const next = reader.next();
    // From here, the timer that looks after the producer comes before the waiter thread's call.
    await new Promise((resolve) => setImmediate(resolve));
    put(ring, 1);
    ring.close();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
    const frame = await next;
    expect(frame?.data[0]).toBe(1);
    frame?.release();
    expect(await reader.next()).toBeUndefined();
  });

  it('is made anew when its numbers cannot come from counting', () => {
    const name = ringName();
    const first = open(name);
    put(first, 1);
    first.close({ keep: true });
    const file = openSync(`/dev/shm/framelane.${name}`, 'r+');
    writeSync(file, new BigUint64Array([2n ** 63n]), 0, 8, 0x80);
    closeSync(file);
    expect(put(open(name), 2)).toBe(1);
  });

  it('waits for a ring to appear', async () => {
    const name = ringName();
    await expect(subscribe(name)).rejects.toMatchObject({ code: 'RING_NOT_FOUND' });
    const reading = subscribe(name, { wait: 5000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    open(name);
    expect((await reading).facts?.slots).toBe(8);
  });

  it('ends quietly by a signal', async () => {
    const name = ringName();
    open(name);
    const stop = new AbortController();
    const reader = await subscribe(name, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    expect(await reader.next()).toBeUndefined();
  });
});
