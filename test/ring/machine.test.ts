import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Publisher, ringStatus, Subscriber } from '../../src/ring/index.js';
import { RingFolder } from '../faults/folder.js';
import { program, run } from '../faults/programs.js';
import { pythonWith } from '../python.js';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const say = path('../faults/say.mjs');
const spec = { format: 'gray8', width: 8, height: 4 } as const;

let folder: RingFolder;
let inside: Disposable;
beforeEach(() => {
  folder = new RingFolder();
  inside = folder.enter();
});
afterEach(() => {
  inside[Symbol.dispose]();
  folder[Symbol.dispose]();
});

interface Said {
  readonly code: string;
  readonly message: string;
  readonly left: readonly string[];
}

/** A small tmpfs on the test's folder, in a mount namespace of its own. */
const mountSmall = (size: string) => `mount -t tmpfs -o size=${size} tmpfs "$FRAMELANE_SHM_DIR" &&`;
const canMount = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0;
const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
/** Whether another user may run this Node and read the built package. */
const canBeNobody = spawnSync('setpriv', [...asNobody, process.execPath, say, 'snapshot', 'none']).status === 0;

describe('a full /dev/shm', () => {
  const unshared = (size: string, ...words: string[]): Said => {
    const line = `${mountSmall(size)} exec "$@"`;
    const all = ['-m', 'sh', '-c', line, 'sh', process.execPath, say, ...words];
    return JSON.parse(execFileSync('unshare', all, { encoding: 'utf8', timeout: 30_000 })) as Said;
  };

  it('is an error that says what to do, leaves nothing, and ends nobody', ({ skip }) => {
    if (!canMount) skip('mounting a small tmpfs needs root');
    const { code, message, left } = unshared('1m', 'publish', 'big', '1000000');
    expect(code).toBe('RING_NO_SPACE');
    expect(message).toMatch(/fewer slots|smaller capacity/);
    expect(left).toEqual([]);
  });

  it('is found out to the page: what fits can be written to its last byte', ({ skip }) => {
    if (!canMount) skip('mounting a small tmpfs needs root');
    // Three regions of 64 KiB and four slots: 448 KiB.
    expect(unshared('448k', 'publish', 'fits', '65536').code).toBe('none');
    expect(unshared('444k', 'publish', 'not', '65536').code).toBe('RING_NO_SPACE');
  });

  it('is the same error in Python', ({ skip }) => {
    const python = pythonWith('numpy');
    if (!canMount) skip('mounting a small tmpfs needs root');
    if (python === undefined) skip('no Python that can import numpy');
    const script =
      'import framelane, os\ntry:\n  framelane.publish("big", capacity=1000000)\nexcept framelane.RingNoSpace as e:\n  print(e.code, os.listdir(os.environ["FRAMELANE_SHM_DIR"]))';
    const words = ['-m', 'sh', '-c', `${mountSmall('1m')} exec "$@"`, 'sh', python as string, '-c', script];
    const env = { ...process.env, PYTHONPATH: path('../../python') };
    expect(execFileSync('unshare', words, { encoding: 'utf8', env }).trim()).toBe('RING_NO_SPACE []');
  });
});

describe('somebody else’s ring', () => {
  const other = (...words: string[]): Said => {
    const { stdout } = spawnSync('setpriv', [...asNobody, process.execPath, say, ...words], { encoding: 'utf8' });
    return JSON.parse(stdout) as Said;
  };

  it('is refused without permission, and may be looked at with permission to read', ({ skip }) => {
    if (process.getuid?.() !== 0 || !canBeNobody) skip('becoming another user needs root and setpriv');
    chmodSync(folder.path, 0o755);
    using closed = Publisher.open('mine', { capacity: 64 });
    closed.loan(spec)?.publish();
    for (const words of [
      ['subscribe', 'mine'],
      ['snapshot', 'mine'],
      ['publish', 'mine', '64'],
    ]) {
      expect(other(...words), words.join(' ')).toMatchObject({ code: 'RING_NO_PERMISSION' });
    }
    using open = Publisher.open('readable', { capacity: 64, mode: 0o644 });
    open.loan(spec)?.publish();
    expect(other('snapshot', 'readable').code).toBe('none');
    expect(other('subscribe', 'readable').code).toBe('RING_NO_PERMISSION');
  });
});

/** Changes 32 or 64 bit words of a ring's file. */
function poke(name: string, words: readonly (readonly [at: number, value: number | bigint])[]): void {
  const fd = openSync(join(folder.path, `framelane.${name}`), 'r+');
  for (const [at, value] of words) {
    const bytes = Buffer.alloc(typeof value === 'bigint' ? 8 : 4);
    if (typeof value === 'bigint') bytes.writeBigUInt64LE(value);
    else bytes.writeUInt32LE(value);
    writeSync(fd, bytes, 0, bytes.length, at);
  }
  closeSync(fd);
}

function peek32(name: string, at: number): number {
  const fd = openSync(join(folder.path, `framelane.${name}`), 'r');
  const bytes = Buffer.alloc(4);
  readSync(fd, bytes, 0, 4, at);
  closeSync(fd);
  return bytes.readUInt32LE();
}

describe('a counter that comes to its end', () => {
  const options = { capacity: 64, slots: 3, readers: 4 };

  /** A ring that a producer left, with one frame of that number and futex words just below 2^32. */
  function left(name: string, sequence: bigint, lossless = false): void {
    const ring = Publisher.open(name, { ...options, lossless });
    ring.loan(spec)?.publish();
    ring.close({ keep: true });
    const ticket = (sequence << 8n) | 1n;
    poke(name, [
      [0x80, ticket],
      [0x20000, ticket],
      [0x20008, sequence],
      [0xc0, 0xffff_fffd],
      [0x100, 0xffff_fffd],
    ]);
  }

  for (const [what, start] of [
    ['2^32', 2 ** 32 - 3],
    ['2^53', 2 ** 53 - 8],
  ] as const) {
    it(`goes on behind ${what}, in both modes, with readers that sleep`, async () => {
      for (const lossless of [false, true]) {
        const name = `wrap-${lossless}`;
        left(name, BigInt(start), lossless);
        using ring = Publisher.open(name, { ...options, lossless });
        using reader = await Subscriber.open(name, { from: 'newest' });
        const seen: number[] = [];
        const reading = (async () => {
          for await (const frame of reader) {
            seen.push(frame.sequence);
            frame.release();
          }
        })();
        for (let i = 0; i < 6; i++) {
          await pause(5);
          const loan = lossless ? await ring.loanWhenFree(spec) : ring.loan(spec);
          loan?.publish();
        }
        await pause(20);
        expect(peek32(name, 0xc0)).toBeLessThan(10);
        ring.close();
        await reading;
        expect(seen).toEqual(Array.from({ length: 7 }, (_, i) => start + i));
        expect(reader.missed).toBe(0);
      }
    });
  }

  it('wakes a producer that waits while ADVANCE wraps', async () => {
    left('advance', 1n, true);
    using ring = Publisher.open('advance', { ...options, lossless: true });
    using reader = await Subscriber.open('advance', { from: 'oldest' });
    const reading = (async () => {
      for await (const frame of reader) {
        await pause(3);
        frame.release();
      }
    })();
    for (let i = 0; i < 20; i++) (await ring.loanWhenFree(spec)).publish();
    expect(peek32('advance', 0x100)).toBeLessThan(1000);
    ring.close();
    await reading;
    expect(reader.missed).toBe(0);
  });
});

describe('a reader that stops', () => {
  const options = { capacity: 64 * 48, slots: 6, readers: 8 };
  const big = { format: 'gray8', width: 64, height: 48 } as const;

  function publish(ring: Publisher): boolean {
    const loan = ring.loan(big);
    if (loan === undefined) return false;
    const captureTime = process.hrtime.bigint();
    loan.bytes.fill(Number(captureTime % 251n));
    new DataView(loan.bytes.buffer, loan.bytes.byteOffset).setBigUint64(0, captureTime, true);
    loan.publish({ captureTime });
    return true;
  }

  /** A reader in C, by its shell: the words of its end, and how to stop, continue and kill it. */
  async function reader(name: string, lossless: boolean) {
    const tool = await program('peer');
    const pidFile = join(folder.path, 'pid');
    const ended = run('sh', ['-c', `echo $$ > '${pidFile}'; exec '${tool}' every ${name} ${lossless ? 1 : 0}`], {
      seconds: 30,
    });
    while (ringStatus(name).readers === 0) await pause(5);
    const pid = Number(execFileSync('cat', [pidFile], { encoding: 'utf8' }));
    return { ended, signal: (signal: NodeJS.Signals) => process.kill(pid, signal) };
  }

  it('costs a lossy ring no frame, and goes on with whole ones', async () => {
    using ring = Publisher.open('lossy', options);
    const peer = await reader('lossy', false);
    for (let i = 0; i < 20; i++) publish(ring);
    peer.signal('SIGSTOP');
    for (let i = 0; i < 500; i++) expect(publish(ring)).toBe(true);
    peer.signal('SIGCONT');
    for (let i = 0; i < 20; i++) publish(ring);
    ring.close();
    expect(await peer.ended).toMatchObject({ code: 0 });
  });

  it('holds a lossless ring until it goes on or dies, and no longer', async () => {
    using ring = Publisher.open('lossless', { ...options, lossless: true });
    const peer = await reader('lossless', true);
    for (let i = 0; i < 20; i++) {
      while (!publish(ring)) await pause(1);
    }
    peer.signal('SIGSTOP');
    await pause(20);
    let room = 0;
    while (room < 100 && publish(ring)) room++;
    expect(room).toBeLessThanOrEqual(6);
    peer.signal('SIGCONT');
    (await ring.loanWhenFree(big)).abandon();
    while (!publish(ring)) await pause(1);
    peer.signal('SIGSTOP');
    await pause(20);
    while (publish(ring));
    const waiting = ring.loanWhenFree(big);
    await pause(30);
    const before = performance.now();
    peer.signal('SIGKILL');
    (await waiting).abandon();
    // The dead wake nobody; the producer looks again every 100 ms.
    expect(performance.now() - before).toBeLessThan(1000);
    expect((await peer.ended).out).not.toContain('BAD');
  });

  it('holds nothing but its frame once a lossless subscriber was closed', async () => {
    using ring = Publisher.open('closed', { capacity: 64, slots: 4, lossless: true });
    using reader = await Subscriber.open('closed');
    ring.loan(spec)?.publish();
    const held = reader.tryNext();
    held?.data.at(0);
    reader.close();
    for (let i = 0; i < 20; i++) expect(ring.loan(spec)?.publish()).toBe(i + 2);
    held?.release();
    expect(ringStatus('closed').readers).toBe(0);
  });
});

it('a finalizer that comes late does not give back another subscriber’s frame', async () => {
  using ring = Publisher.open('late', { capacity: 64, slots: 4 });
  ring.loan(spec)?.publish();
  const first = await Subscriber.open('late');
  const released = first.tryNext();
  released?.data.at(0);
  released?.release();
  first.close();
  // No turn of the event loop in between: the finalizer of the first frame's memory has not run yet.
  using second = await Subscriber.open('late');
  const held = second.tryNext();
  const before = held?.data.slice();
  await pause(30);
  for (let value = 1; value < 20; value++) {
    const loan = ring.loan(spec);
    loan?.bytes.fill(value);
    loan?.publish();
  }
  expect(held?.data).toEqual(before);
  held?.release();
});
