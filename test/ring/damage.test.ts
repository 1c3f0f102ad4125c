import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import { listRings, Publisher, removeRing, ringStatus, Subscriber, snapshotRing } from '../../src/ring/index.js';
import { segmentBytes } from '../faults/damage.js';
import { RingFolder } from '../faults/folder.js';

const spec = { format: 'gray8', width: 300, height: 300 } as const;
const options = { capacity: 300 * 300, slots: 3, readers: 2 } as const;

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

const file = (name: string) => join(folder.path, `framelane.${name}`);

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'none';
  } catch (error) {
    if (error instanceof FramelaneError) return error.code;
    throw error;
  }
}

/** Every border of a region or of a slot's pixels, and a page on each side of it. */
function cuts(): number[] {
  const regions = [0, 0x10000, 0x20000, 0x30000, 0x50000, 0x70000, 0x90000];
  const total = 0x90000;
  const near = regions.flatMap((at) => [at - 4096, at, at + 1, at + 4096]);
  return [...near, 64, 0x110, 0x200].filter((at) => at >= 0 && at < total);
}

describe('a file that is no ring', () => {
  const lookAtIt = async (name: string) => ({
    subscribe: await codeOf(() => Subscriber.open(name)),
    snapshot: await codeOf(() => snapshotRing(name)),
    status: ringStatus(name).problem?.code,
  });
  const damaged = { subscribe: 'RING_DAMAGED', snapshot: 'RING_DAMAGED', status: 'RING_DAMAGED' };

  it('is refused, listed and removed when it is garbage, empty or cut anywhere', async () => {
    const bytes = await segmentBytes(false);
    const contents = [Buffer.alloc(0), Buffer.alloc(200_000, 0x5a), ...cuts().map((at) => bytes.subarray(0, at))];
    for (const content of contents.filter(({ length }) => length < bytes.length)) {
      writeFileSync(file('odd'), content);
      expect(await lookAtIt('odd'), `${content.length} bytes`).toEqual(damaged);
      expect(listRings().map(({ name, problem }) => [name, problem?.code])).toEqual([['odd', 'RING_DAMAGED']]);
      removeRing('odd');
      expect(folder.left).toEqual([]);
    }
  });

  it('gets no memory on the word of its header', async () => {
    const bytes = await segmentBytes(false);
    const [stride, slots, data] = [2 ** 36, 3, 0x30000];
    bytes.writeBigUInt64LE(BigInt(data + slots * stride), 0x10);
    bytes.writeBigUInt64LE(BigInt(stride), 0x50);
    bytes.writeBigUInt64LE(BigInt(stride), 0x58);
    writeFileSync(file('huge'), bytes.subarray(0, data));
    truncateSync(file('huge'), data + slots * stride);
    expect(await lookAtIt('huge')).toEqual(damaged);
    expect(statSync(file('huge')).blocks * 512).toBe(data);
  });

  it('is refused when it is a folder or a link, by producers too', async () => {
    mkdirSync(file('odd'));
    expect(await lookAtIt('odd')).toEqual(damaged);
    expect(await codeOf(() => Publisher.open('odd', options))).toBe('RING_DAMAGED');
    symlinkSync('/dev/zero', file('link'));
    expect(await lookAtIt('link')).toEqual(damaged);
    expect(await codeOf(() => Publisher.open('link', options))).toBe('RING_DAMAGED');
  });

  it('does not block anybody when it is a FIFO', async () => {
    execFileSync('mkfifo', [file('odd')]);
    expect(await lookAtIt('odd')).toEqual(damaged);
  });

  it('is replaced by a producer when nobody owns it', async () => {
    writeFileSync(file('odd'), 'not a ring');
    using ring = Publisher.open('odd', options);
    using reader = await Subscriber.open('odd');
    expect(ring.loan(spec)?.publish()).toBe(1);
    expect(reader.tryNext()?.sequence).toBe(1);
  });

  it('is told apart from a ring of another layout version', async () => {
    const bytes = await segmentBytes(false);
    bytes.writeUInt32LE(0x0002_0000, 8);
    writeFileSync(file('newer'), bytes);
    const version = { subscribe: 'RING_VERSION', snapshot: 'RING_VERSION', status: 'RING_VERSION' };
    expect(await lookAtIt('newer')).toEqual(version);
    bytes.writeUInt32LE(0x0001_0007, 8);
    writeFileSync(file('newer'), bytes);
    expect(await codeOf(async () => (await Subscriber.open('newer')).close())).toBe('none');
  });
});

describe('a ring that is cut short while it is open', () => {
  /** A ring with a held frame, one that was not looked at, and one on loan. */
  async function openRing(name: string) {
    const ring = Publisher.open(name, options);
    ring.loan(spec)?.publish();
    const reader = await Subscriber.open(name, { from: 'oldest' });
    const held = reader.tryNext();
    const loan = ring.loan(spec);
    return { name, ring, reader, held, loan };
  }

  it('gives errors to readers and producers, wherever it is cut, and ends no process', async () => {
    for (const cut of cuts()) {
      const { name, ring, reader, held, loan } = await openRing('cut');
      truncateSync(file(name), cut);
      expect(held?.data.reduce((sum, value) => sum + value, 0)).toBe(0);
      loan?.bytes.fill(1);
      const published = await codeOf(() => loan?.publish());
      expect(['none', 'RING_DAMAGED'], `publish, cut at ${cut}`).toContain(published);
      const taken = await codeOf(() => reader.tryNext()?.data.at(-1));
      expect(['none', 'RING_DAMAGED'], `take, cut at ${cut}`).toContain(taken);
      const again = await codeOf(() => ring.loan(spec)?.bytes.fill(2));
      expect(['none', 'RING_DAMAGED'], `loan, cut at ${cut}`).toContain(again);
      held?.release();
      reader.close();
      ring.close();
      expect(folder.left, `cut at ${cut}`).toEqual([]);
    }
  });

  it('is closed without being touched', async () => {
    const { ring, reader, held } = await openRing('cut');
    truncateSync(file('cut'), 0);
    ring.close();
    held?.release();
    reader.close();
    expect(folder.left).toEqual([]);
  });

  it('wakes whoever waits for it, who then leaves without delay', async () => {
    const rings = await Promise.all(cuts().map((cut) => openRing(`cut-${cut}`)));
    const waiting = rings.map(({ reader }) => codeOf(() => reader.next()));
    cuts().forEach((cut, index) => {
      truncateSync(file(rings[index]?.name as string), cut);
    });
    const codes = await Promise.all(waiting);
    expect(new Set(codes)).toEqual(new Set(['RING_DAMAGED']));
    const before = performance.now();
    for (const { ring, reader, held } of rings) {
      held?.release();
      reader.close();
      ring.close();
    }
    expect(performance.now() - before).toBeLessThan(300 * rings.length);
    expect(folder.left).toEqual([]);
  });

  it('shows no zeros as frames: nothing is taken any more once pages were lost', async () => {
    const { ring, reader, held, loan } = await openRing('cut');
    loan?.publish();
    truncateSync(file('cut'), 0x30000);
    // Slots and header are there still; the pixels are not.
    void held?.data[0];
    expect(await codeOf(() => reader.tryNext())).toBe('RING_DAMAGED');
    held?.release();
    reader.close();
    ring.close();
  });
});
