import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runPipe } from '../../src/endpoints/pipe.js';
import { openSource } from '../../src/endpoints/registry.js';
import { copyFrame, type Frame } from '../../src/frame/index.js';
import { QtSharedMemory, readImageList } from '../../src/qt/index.js';
import { ringFolder, run } from '../cli/run.js';
import { keyFiles, ownTemporaryFolder, Peer, qtFlags, qtKey, qtProgram, qtVersions } from '../qt/peer.js';

const folder = ownTemporaryFolder();
const rings = ringFolder();
process.env.FRAMELANE_SHM_DIR = rings;

async function framesOf(address: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of await openSource(address)) {
    frames.push(copyFrame(frame));
    frame.release();
  }
  return frames;
}

/** The data of a .npy file. */
function npyData(file: string): Buffer {
  const bytes = readFileSync(file);
  return bytes.subarray(10 + bytes.readUInt16LE(8));
}

describe.each(qtVersions)('qt: with Qt %s', (version) => {
  const flags = qtFlags(version);
  if (flags === undefined) {
    it.skip(`no qtbase of Qt ${version}`);
    return;
  }
  const program = qtProgram('peer.cpp', version, flags);
  const put = (key: string, ...formats: number[]) => new Peer(program, 'put', key, '7', '5', ...formats.map(String));

  it('`framelane pipe qt:KEY npy:DIR` writes the pixels and ends, while the Qt program goes on', async () => {
    const key = qtKey();
    await using peer = put(key, 4, 5, 13, 24, 3);
    const images = await peer.images();
    const out = join(folder, `npy${version}`);
    const { code, stderr } = await run(rings, 'pipe', `qt:${key}`, `npy:${out}`, '--quiet');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const files = readdirSync(out).sort();
    expect(files).toHaveLength(5);
    files.forEach((file, index) => {
      expect(npyData(join(out, file)).equals(images[index]?.pixels as Buffer), file).toBe(true);
    });
    rmSync(out, { recursive: true });
    expect(await peer.order('read')).toEqual(images);
  });

  it('follows changes until the Qt program ends', async () => {
    const key = qtKey();
    const peer = put(key, 24, 13);
    const first = await peer.images();
    const seen: Frame[] = [];
    for await (const frame of await openSource(`qt:${key}?follow`)) {
      seen.push(copyFrame(frame));
      frame.release();
      if (seen.length === 2) first.push(...(await peer.order('rewrite')));
      if (seen.length === 4) await peer.end();
    }
    expect(seen.map(({ data }) => Buffer.from(data))).toEqual(first.map(({ pixels }) => pixels));
    expect(keyFiles(folder)).toEqual([]);
  });

  it('a ring of it is there for everybody', async () => {
    const key = qtKey();
    await using peer = put(key, 4, 4, 4);
    const images = await peer.images();
    const frames = framesOf('shm:from-qt?wait=5');
    await runPipe({ source: `qt:${key}`, sinks: ['shm:from-qt?lossless'] });
    expect((await frames).map(({ data }) => Buffer.from(data))).toEqual(images.map(({ pixels }) => pixels));
  });

  it('the sink waits for a Qt program, which then has the frames', async () => {
    const key = qtKey();
    const piping = runPipe({ source: 'test:9x4?frames=3&fps=0&format=bgr24', sinks: [`qt:${key}?images=2`] });
    let peer: Peer | undefined;
    while (peer === undefined) {
      const candidate = new Peer(program, 'attach', key);
      peer = await candidate.until('ready').then(
        () => candidate,
        () => undefined,
      );
    }
    expect((await piping).frames).toBe(3);
    const images = await peer.order('read'); // the last list: the one frame that was left over
    const [last] = (await framesOf('test:9x4?frames=3&fps=0&format=bgr24')).slice(2);
    expect(images).toMatchObject([{ format: 29, width: 9, height: 4 }]);
    expect(images[0]?.pixels.equals(last?.data as Uint8Array)).toBe(true);
    await peer.end();
    expect(keyFiles(folder)).toEqual([]);
  });
});

it('a key that nobody uses is QT_NOT_FOUND at once, and leaves nothing behind', async () => {
  await expect(framesOf('qt:nobody')).rejects.toMatchObject({ code: 'QT_NOT_FOUND' });
  expect(keyFiles(folder)).toEqual([]);
});

it('with wait= the first list that has an image is waited for', async () => {
  const key = qtKey();
  const frames = framesOf(`qt:${key}?wait=10`);
  using memory = await QtSharedMemory.create(key, 100);
  await new Promise((resolve) => setTimeout(resolve, 60));
  memory.data.set([1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 24, 0, 0, 0, 4, 0, 0, 0, 99]);
  expect((await frames).map(({ data }) => data)).toEqual([new Uint8Array([99])]);
});

it('keep leaves the list to whoever attaches next, who cleans up', async () => {
  const key = qtKey();
  await runPipe({ source: 'test:4x4?frames=1&fps=0&format=gray8', sinks: [`qt:${key}?keep`] });
  const looked = await openSource(`qt:${key}`);
  expect(await looked.info()).toMatchObject({ format: 'gray8', width: 4, height: 4, frames: 1 });
  await looked.close(); // who only looks, leaves it as it is
  expect(await framesOf(`qt:${key}`)).toHaveLength(1);
  expect(keyFiles(folder)).toEqual([]);
});

it('a frame that outgrows the segment says what to do', async () => {
  const key = qtKey();
  using small = await QtSharedMemory.create(key, 64);
  const refused = runPipe({ source: 'test:40x40?frames=1', sinks: [`qt:${key}?linger=0`] });
  await expect(refused).rejects.toMatchObject({ code: 'QT_NO_SPACE' });
  expect(readImageList(small.data)).toEqual([]);
});

it.each(['qt:', 'qt:key?backend=windows', 'qt:key?poll=-1', 'qt:key?images=2'])('%s is no source', async (address) => {
  await expect(openSource(address)).rejects.toMatchObject({ code: 'BAD_URI' });
});
