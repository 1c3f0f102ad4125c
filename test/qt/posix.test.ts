import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSource } from '../../src/endpoints/registry.js';
import { copyFrame } from '../../src/frame/index.js';
import { nativeNames, QtSharedMemory, readImageList, removeQtSegment } from '../../src/qt/index.js';
import { compile, hasCompiler, root } from '../c/compiler.js';
import { ownTemporaryFolder, Peer } from './peer.js';

const folder = ownTemporaryFolder();
const backend = 'posix' as const;
const there = hasCompiler('g++');
const program = join(folder, 'posix-peer');
if (there) compile('g++', 'c++17', `${root}test/qt/posix_peer.cpp`, program);

let count = 0;
let key = 'none';
const files = (name: string) => [`/dev/shm/${name}`, `/dev/shm/sem.${name}`];
const left = () => files(key).filter((file) => existsSync(file));
const newKey = () => {
  key = `framelane-test-${process.pid}-${count++}`;
  return key;
};
afterEach(() => {
  for (const file of files(key)) rmSync(file, { force: true });
});

async function peerWith(word: 'create' | 'attach' | 'unsized', bytes = 64): Promise<Peer> {
  const peer = new Peer(program, word, key, String(bytes));
  await peer.until('ready');
  return peer;
}

it('keys are native ones unless they are said to be Qt strings', () => {
  expect(nativeNames('cam', 'posix', 'native')).toEqual({ segment: '/cam', lock: '/cam' });
  expect(nativeNames('/cam', 'posix', 'native')).toEqual({ segment: '/cam', lock: '/cam' });
  const sha1 = 'c35ba56ee1bc14a0fa3bcb9ac8b1d0e8b5d2d8b6'.length;
  const { segment, lock } = nativeNames('process_example', 'posix', 'legacy');
  expect(segment).toMatch(new RegExp(`^/qipc_sharedmemory_processexample[0-9a-f]{${sha1}}$`));
  expect(lock).toBe(segment.replace('sharedmemory', 'systemsem'));
  expect(() => nativeNames('a/b', 'posix', 'native')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  expect(() => nativeNames('relative', 'sysv', 'native')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

describe.skipIf(!there)(there ? 'a POSIX segment' : 'a POSIX segment (no g++)', () => {
  it('is read by its name', async () => {
    newKey();
    await using peer = await peerWith('create');
    await peer.order('list');
    const seen: number[][] = [];
    for await (const frame of await openSource(`qt:${key}?backend=posix`)) {
      seen.push([...copyFrame(frame).data]);
      frame.release();
    }
    expect(seen).toEqual([[11, 22]]);
  });

  it('of ours is found by others, and goes with us', async () => {
    newKey();
    const memory = await QtSharedMemory.create(key, 64, { backend });
    const peer = await peerWith('attach');
    await peer.order('list');
    expect(readImageList(memory.data)).toHaveLength(1);
    await expect(QtSharedMemory.create(key, 64, { backend })).rejects.toMatchObject({ code: 'QT_BUSY' });
    memory.close();
    await peer.end();
    expect(left()).toEqual([]);
  });

  it('is locked by one at a time', async () => {
    newKey();
    await using peer = await peerWith('create');
    using memory = await QtSharedMemory.attach(key, { backend });
    await peer.order('lock');
    await expect(memory.lock(30)).rejects.toMatchObject({ code: 'QT_LOCKED' });
    await peer.order('unlock');
    using lock = await memory.lock(30);
    expect(lock).toBeDefined();
  });

  it('stays locked when the holder is killed; the error says what to do, and that helps', async () => {
    newKey();
    const peer = await peerWith('create');
    await peer.order('lock');
    await peer.kill();
    const options = { backend, lockTimeout: 50 };
    const refused = QtSharedMemory.attach(key, options);
    await expect(refused).rejects.toMatchObject({ code: 'QT_LOCKED', message: expect.stringMatching(/framelane rm/) });
    removeQtSegment(nativeNames(key, 'posix', 'native'), 'posix');
    expect(left()).toEqual([]);
    using memory = await QtSharedMemory.create(key, 64, options);
    using lock = await memory.lock();
    expect(lock).toBeDefined();
  });

  it('without a size yet is waited for', async () => {
    newKey();
    await using peer = await peerWith('unsized');
    await expect(QtSharedMemory.attach(key, { backend })).rejects.toMatchObject({ code: 'QT_NOT_FOUND' });
    const source = await openSource(`qt:${key}?backend=posix&wait=10`);
    const info = source.info();
    await peer.order('size');
    await peer.order('list');
    expect(await info).toMatchObject({ format: 'gray8', width: 2, height: 1 });
    await source.close();
  });

  it('that is cut short under us is an error, no crash', async () => {
    newKey();
    await using peer = await peerWith('create', 1 << 20);
    await peer.order('list');
    using memory = await QtSharedMemory.attach(key, { backend });
    const [frame] = readImageList(memory.data);
    await peer.order('cut');
    expect(frame?.data[0]).toBe(0);
    expect(() => memory.data).toThrow(expect.objectContaining({ code: 'QT_DAMAGED' }));
  });

  it('that is in use is not removed unless it must', async () => {
    newKey();
    await using peer = await peerWith('create');
    using memory = await QtSharedMemory.attach(key, { backend });
    const names = nativeNames(key, 'posix', 'native');
    expect(() => removeQtSegment(names, 'posix')).toThrow(expect.objectContaining({ code: 'QT_BUSY' }));
    removeQtSegment(names, 'posix', { force: true });
    expect(memory.current).toBe(false);
    expect(left()).toEqual([]);
    expect(() => removeQtSegment(names, 'posix')).toThrow(expect.objectContaining({ code: 'QT_NOT_FOUND' }));
    await peer.order('lock');
  });
});
