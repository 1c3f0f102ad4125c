import { spawnSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { copyFrame, type Frame, type Plane } from '../../src/frame/index.js';
import { nativeNames, QtSharedMemory, qtImageFormats, readImageList, writeImageList } from '../../src/qt/index.js';
import { keyFiles, ownTemporaryFolder, Peer, type PeerImage, qtFlags, qtKey, qtProgram, qtVersions } from './peer.js';

const folder = ownTemporaryFolder();

/** Formats whose pixels Framelane has or converts without a loss; Qt 5.15 has them all. */
const readable = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 23, 24, 28, 29];

/** A frame's rows without padding. */
function rows(frame: Frame): Buffer {
  return Buffer.concat(copyFrame(frame).planes.map(({ data }: Plane) => data));
}

function expectImages(frames: readonly Frame[], images: readonly PeerImage[]): void {
  expect(frames.length).toBe(images.length);
  frames.forEach((frame, index) => {
    const { format, width, height, pixels } = images[index] as PeerImage;
    const name = qtImageFormats[format] as string;
    expect([frame.width, frame.height, frame.metadata['qt.format']], name).toEqual([width, height, name]);
    expect(rows(frame).equals(pixels), `pixels of Format_${name}`).toBe(true);
  });
}

describe.each(qtVersions)('Qt %s', (version) => {
  const flags = qtFlags(version);
  if (flags === undefined) {
    it.skip(`no qtbase of Qt ${version}`);
    return;
  }
  const program = qtProgram('peer.cpp', version, flags);
  const put = (key: string, width: number, height: number, ...formats: number[]) =>
    new Peer(program, 'put', key, ...[width, height, ...formats].map(String));

  it('and we mean the same file by a key', async () => {
    for (const key of ['process_example', 'Übung 1/2', '42', '画像']) {
      const peer = new Peer(program, 'native', key);
      const { segment } = nativeNames(key, 'sysv', 'legacy');
      expect(await peer.until(segment)).toEqual([]);
      await peer.end();
    }
  });

  it.each([1, 5, 16])('%i pixels wide, every format that has 8 bits a component comes over', async (width) => {
    const key = qtKey();
    await using peer = put(key, width, 7, ...readable);
    const images = await peer.images();
    using memory = await QtSharedMemory.attach(key);
    using _ = await memory.lock();
    expectImages(readImageList(memory.data), images);
  });

  it('refuses colour components of more than 8 bits by name', async () => {
    for (const format of [19, 21, 25, 27]) {
      const key = qtKey();
      await using peer = put(key, 4, 4, 24, format);
      await peer.images();
      using memory = await QtSharedMemory.attach(key);
      expect(() => readImageList(memory.data)).toThrow(`image 1 is Format_${qtImageFormats[format]}`);
    }
  });

  it('reads what we write', async () => {
    const key = qtKey();
    await using source = put(qtKey(), 7, 5, 4, 5, 13, 17, 24, 28, 29);
    const images = await source.images();
    using from = await QtSharedMemory.attach(qtKeyOf(source));
    const frames = readImageList(from.data);
    using memory = await QtSharedMemory.create(key, 4096);
    writeImageList(memory.data, frames);
    await using peer = new Peer(program, 'attach', key);
    await peer.until('ready');
    expect(await peer.order('read')).toEqual(images);
  });

  it('and we keep each other out by the lock', async () => {
    const key = qtKey();
    await using peer = put(key, 4, 4, 24);
    await peer.images();
    using memory = await QtSharedMemory.attach(key);
    await peer.order('lock');
    await expect(memory.lock(50)).rejects.toMatchObject({ code: 'QT_LOCKED' });
    await peer.order('unlock');
    const lock = await memory.lock(50);
    const waiting = peer.order('lock');
    expect(await Promise.race([waiting, pause(100)])).toBe('time');
    lock.release();
    await waiting;
  });

  it('never shows us half a list while it writes as fast as it can', async () => {
    const key = qtKey();
    await using peer = put(key, 200, 200, 24, 24);
    await peer.images();
    using memory = await QtSharedMemory.attach(key);
    let done = false;
    const hammering = peer.order('hammer').then(() => {
      done = true;
    });
    const seen = new Set<number>();
    while (!done) {
      const lock = await memory.lock(20_000);
      const lists = readImageList(memory.data).map(rows);
      lock.release();
      await turn(); // the peer's answer must be able to come in
      const [first = 0] = lists[0] as Buffer;
      const plain = Buffer.alloc(200 * 200, first);
      if (lists[0]?.equals(plain) !== true) continue; // not hammered yet
      expect(lists.every((pixels) => pixels.equals(plain))).toBe(true);
      seen.add(first);
    }
    await hammering;
    expect(seen.size).toBeGreaterThan(1);
  });

  it('gives its lock back when it is killed', async () => {
    const key = qtKey();
    const peer = put(key, 4, 4, 24);
    await peer.images();
    using memory = await QtSharedMemory.attach(key);
    await peer.order('lock');
    await peer.kill();
    using lock = await memory.lock(1000);
    expect(lock).toBeDefined();
    lock.release();
    memory.close();
    expect(keyFiles(folder)).toEqual([]);
  });

  it('gets the lock when we are killed', async () => {
    const key = qtKey();
    await using peer = put(key, 4, 4, 24);
    await peer.images();
    const script = `
      import { QtSharedMemory } from './src/qt/index.ts';
      const memory = await QtSharedMemory.attach(${JSON.stringify(key)});
      await memory.lock();
      process.kill(process.pid, 'SIGKILL');`;
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    expect(await peer.order('lock')).toEqual([]);
  });

  it('leaves nothing behind, whoever goes last', async () => {
    for (const last of ['Qt', 'we'] as const) {
      const key = qtKey();
      const peer = put(key, 4, 4, 24);
      await peer.images();
      const memory = await QtSharedMemory.attach(key);
      if (last === 'we') await peer.end();
      expect(memory.attached).toBe(last === 'we' ? 1 : 2);
      memory.close();
      if (last === 'Qt') {
        expect(keyFiles(folder)).not.toEqual([]);
        await peer.end();
      }
      expect(keyFiles(folder)).toEqual([]);
      await expect(QtSharedMemory.attach(key)).rejects.toMatchObject({ code: 'QT_NOT_FOUND' });
      expect(keyFiles(folder)).toEqual([]);
    }
  });

  it('finds a segment of ours, and cleans up after us', async () => {
    const key = qtKey();
    const memory = await QtSharedMemory.create(key, 4);
    const peer = new Peer(program, 'attach', key);
    await peer.until('ready');
    memory.close();
    await peer.order('lock'); // it makes the lock anew that we took along
    await peer.end();
    expect(keyFiles(folder)).toEqual([]);
  });

  it('is replaced when it was killed, not while it lives', async () => {
    const key = qtKey();
    const peer = put(key, 4, 4, 24);
    await peer.images();
    await expect(QtSharedMemory.create(key, 64)).rejects.toMatchObject({ code: 'QT_BUSY' });
    await peer.kill();
    using memory = await QtSharedMemory.create(key, 64);
    expect(memory.data).toEqual(new Uint8Array(64));
  });
});

const qtKeyOf = (peer: Peer) => peer.child.spawnargs[2] as string;
const pause = (ms: number) => new Promise<'time'>((resolve) => setTimeout(() => resolve('time'), ms));
