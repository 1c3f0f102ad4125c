import { constants } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import { Pacer } from '../../src/net/index.js';
import { type Carrier, type QueueClock, SendQueue, type Write } from '../../src/net/send-queue.js';
import { videoPlan } from './plans.js';

const { EAGAIN, ENOBUFS, EPERM } = constants.errno;

/** A clock that goes when it is told. */
class FakeClock implements QueueClock {
  time = 0;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, call: () => void): () => void {
    // As good as those of Node: whole milliseconds, at least one.
    const timer = { at: this.time + Math.max(1, Math.ceil(milliseconds)), call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get waiting(): number {
    return this.#timers.size;
  }

  advance(milliseconds: number): void {
    for (const end = this.time + milliseconds; ; ) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      this.time = Math.max(this.time, next?.at ?? end);
      if (next === undefined) return;
      this.#timers.delete(next);
      next.call();
    }
  }
}

/** A kernel with so much room, that notes what it was given. */
class FakeKernel implements Carrier {
  room = Number.POSITIVE_INFINITY;
  error = EAGAIN;
  stopped = 0;
  awaiting = false;
  readonly calls: { readonly write: Write; readonly first: number; readonly taken: number; readonly at: number }[] = [];

  constructor(readonly clock: FakeClock) {}

  carry(write: Write, first: number, count: number): number {
    const taken = Math.min(this.room, count);
    this.room -= taken;
    this.stopped = taken < count ? this.error : 0;
    this.calls.push({ write, first, taken, at: this.clock.time });
    return taken;
  }

  awaitRoom(yes: boolean): void {
    this.awaiting = yes;
  }

  failure(errno: number): FramelaneError {
    return new FramelaneError('IO', `errno ${errno}`);
  }
}

function make(pacer?: Pacer, limit = 64) {
  const clock = new FakeClock();
  const kernel = new FakeKernel(clock);
  return { clock, kernel, queue: new SendQueue(kernel, pacer, limit, clock) };
}

const write = (bytes: number): Write => ({
  plan: videoPlan(bytes),
  data: new Uint8Array(bytes),
  to: undefined,
  transform: undefined,
});

/** Whether a promise is fulfilled already. */
function settled(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), turn(false)]);
}

describe('without pacing', () => {
  test('a write is handed over at once and whole', async () => {
    const { kernel, queue } = make();
    const whole = write(1_000_000);
    await queue.add(whole);
    expect(kernel.calls).toMatchObject([{ first: 0, taken: whole.plan.packets }]);
  });

  test('a full send buffer holds the write back, and it goes on where it stopped', async () => {
    const { kernel, queue } = make();
    kernel.room = 100;
    const whole = write(1_000_000);
    const promise = queue.add(whole);
    expect(await settled(promise)).toBe(false);
    expect(kernel.awaiting).toBe(true);
    kernel.room = 50;
    queue.run();
    expect(await settled(promise)).toBe(false);
    kernel.room = Number.POSITIVE_INFINITY;
    queue.run();
    await promise;
    expect(kernel.calls.map(({ first }) => first)).toEqual([0, 100, 150]);
    expect(kernel.awaiting).toBe(false);
  });

  test('writes leave in the order in which they came, one after the other', async () => {
    const { kernel, queue } = make();
    kernel.room = 10;
    const writes = [write(100_000), write(50_000), write(20_000)];
    const order: number[] = [];
    const promises = writes.map((each, index) => queue.add(each).then(() => order.push(index)));
    for (let round = 0; round < 20; round++) {
      kernel.room = 10;
      queue.run();
    }
    await Promise.all(promises);
    expect(order).toEqual([0, 1, 2]);
    const packets = kernel.calls.flatMap(({ write: of, first, taken }) =>
      Array.from({ length: taken }, (_, i) => writes.indexOf(of) * 1000 + first + i),
    );
    const expected = writes.flatMap(({ plan }, of) => Array.from({ length: plan.packets }, (_, i) => of * 1000 + i));
    expect(packets).toEqual(expected);
  });

  test('a kernel short of memory is tried again after a millisecond, not in a loop', async () => {
    const { clock, kernel, queue } = make();
    kernel.room = 0;
    kernel.error = ENOBUFS;
    const promise = queue.add(write(5000));
    clock.advance(5);
    expect(kernel.calls.length).toBeLessThanOrEqual(6);
    kernel.room = 100;
    clock.advance(1);
    await promise;
  });

  test('an error ends the write it belongs to, and no other', async () => {
    const { kernel, queue } = make();
    kernel.room = 0;
    kernel.error = EPERM;
    await expect(queue.add(write(5000))).rejects.toMatchObject({ code: 'IO' });
    kernel.room = 100;
    await queue.add(write(5000));
    expect(queue.length).toBe(0);
  });

  test('a queue that is full refuses more', async () => {
    const { kernel, queue } = make(undefined, 3);
    kernel.room = 0;
    const waiting = [1, 2, 3].map(() => queue.add(write(5000)));
    await expect(queue.add(write(5000))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    kernel.room = 1000;
    queue.run();
    await Promise.all(waiting);
  });

  test('closing fails what waits and takes timers back', async () => {
    const { clock, kernel, queue } = make(new Pacer({ interval: 50 }));
    const promise = queue.add(write(1_000_000));
    expect(clock.waiting).toBe(1);
    queue.close(new FramelaneError('SOCKET_CLOSED', 'gone'));
    await expect(promise).rejects.toMatchObject({ code: 'SOCKET_CLOSED' });
    const calls = kernel.calls.length;
    clock.advance(100);
    expect(kernel.calls).toHaveLength(calls);
    expect(clock.waiting).toBe(0);
  });
});

describe('with pacing', () => {
  test('trains leave over the interval, one after another', async () => {
    const { clock, kernel, queue } = make(new Pacer({ interval: 20 }));
    const promise = queue.add(write(640_000));
    clock.advance(20);
    await promise;
    expect(kernel.calls.length).toBeGreaterThan(10);
    const gaps = kernel.calls.slice(1).map(({ at }, index) => at - (kernel.calls[index]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3);
    expect(kernel.calls.at(-1)?.at).toBeLessThanOrEqual(16);
  });

  test('a unit that comes early sends the rest of the one before it at once: lag never grows', async () => {
    const { clock, queue } = make(new Pacer({ interval: 20 }));
    let done = 0;
    for (let unit = 0; unit < 500; unit++) {
      void queue.add(write(300_000)).then(() => done++);
      expect(queue.length).toBeLessThanOrEqual(1);
      clock.advance(7); // nearly three times as fast as was said
    }
    clock.advance(20);
    await Promise.resolve();
    expect(done).toBe(500);
  });

  test('timers that come late are caught up', async () => {
    const { clock, kernel, queue } = make(new Pacer({ interval: 20 }));
    const promise = queue.add(write(640_000));
    clock.time = 100; // the event loop was blocked
    clock.advance(1);
    await promise;
    expect(kernel.calls).toHaveLength(2);
  });

  test('a bit rate that is too low pushes back instead of sending faster', async () => {
    const { clock, kernel, queue } = make(new Pacer({ bitsPerSecond: 8_000_000 }));
    const promises = [1, 2, 3].map(() => queue.add(write(100_000)));
    clock.advance(200);
    expect(await settled(promises[1] as Promise<void>)).toBe(true);
    expect(await settled(promises[2] as Promise<void>)).toBe(false);
    clock.advance(200);
    await Promise.all(promises);
    const bytes = kernel.calls.filter(({ at }) => at <= 150).reduce((sum, { taken }) => sum + taken * 1400, 0);
    expect(bytes).toBeLessThan(150_000 + 2 * 65_507);
  });

  test('a full send buffer and pacing go together', async () => {
    const { clock, kernel, queue } = make(new Pacer({ interval: 20 }));
    kernel.room = 10;
    const promise = queue.add(write(640_000));
    expect(kernel.awaiting).toBe(true);
    clock.advance(30);
    kernel.room = 1000;
    queue.run();
    await promise;
    expect(kernel.calls.map(({ first }) => first)).toEqual([0, 10]);
  });
});
