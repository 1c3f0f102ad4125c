import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { allocateFrame } from '../../src/frame/index.js';
import {
  listQtSegments,
  nativeNames,
  QtSharedMemory,
  readImageList,
  removeQtSegment,
  writeImageList,
} from '../../src/qt/index.js';
import { ringFolder, run } from '../cli/run.js';
import { keyFiles, ownTemporaryFolder, qtKey } from './peer.js';

const folder = ownTemporaryFolder();
const rings = ringFolder();

/** A process that makes a segment and is killed. */
function killedMaker(key: string): void {
  const script = `
    import { QtSharedMemory } from './src/qt/index.ts';
    const memory = await QtSharedMemory.create(${JSON.stringify(key)}, 1000);
    await memory.lock();
    process.kill(process.pid, 'SIGKILL');`;
  const { signal, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  expect(signal, stderr.toString()).toBe('SIGKILL');
}

it('what a killed program left is shown by doctor and removed by rm', async () => {
  const key = qtKey();
  killedMaker(key);
  const { segment, lock } = nativeNames(key, 'sysv', 'legacy');
  const mine = () => listQtSegments().filter(({ names }) => names.segment === segment);
  expect(mine()).toMatchObject([{ backend: 'sysv', names: { segment, lock }, bytes: 1000, attached: 0 }]);
  const checks = JSON.parse((await run(rings, 'doctor', '--json')).stdout) as { name: string; detail: string }[];
  expect(checks.find(({ name }) => name === 'leftover Qt memory')?.detail).toContain(segment);
  expect(await run(rings, 'rm', `qt:${key}`)).toMatchObject({ code: 0, stdout: `removed qt:${key}\n`, stderr: '' });
  expect(mine()).toEqual([]);
  expect(keyFiles(folder)).toEqual([]);
  expect(await run(rings, 'rm', `qt:${key}`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('QT_NOT_FOUND'),
  });
});

it('rm --stale removes all of them, and nothing that is in use', async () => {
  killedMaker(qtKey());
  killedMaker(qtKey());
  using used = await QtSharedMemory.create(qtKey(), 10);
  const { code, stdout } = await run(rings, 'rm', '--stale');
  expect(code).toBe(0);
  expect(stdout.match(/^removed .*qipc_sharedmemory_/gm)).toHaveLength(2);
  expect(listQtSegments()).toMatchObject([{ bytes: 10, attached: 1, creator: process.pid }]);
  const names = nativeNames(used.key, 'sysv', 'legacy');
  expect(() => removeQtSegment(names, 'sysv')).toThrow(expect.objectContaining({ code: 'QT_BUSY' }));
});

it('frames end with the segment', async () => {
  const memory = await QtSharedMemory.create(qtKey(), 100);
  const { data } = memory;
  writeImageList(data, [allocateFrame({ format: 'gray8', width: 4, height: 4 })]);
  const [frame] = readImageList(data, { viewOf: memory });
  expect(frame?.data.length).toBe(16);
  memory.close();
  expect(() => frame?.data).toThrow(expect.objectContaining({ code: 'FRAME_RELEASED' }));
  memory.close();
  expect(data.length).toBe(0);
  expect(() => memory.data).toThrow(expect.objectContaining({ code: 'QT_CLOSED' }));
  await expect(memory.lock()).rejects.toMatchObject({ code: 'QT_CLOSED' });
});

it('a wait for the lock ends when the segment is closed', async () => {
  const key = qtKey();
  using other = await QtSharedMemory.create(key, 100);
  const memory = await QtSharedMemory.attach(key);
  using _ = await other.lock();
  const waiting = memory.lock(60_000);
  await expect(memory.lock()).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  memory.close();
  await expect(waiting).rejects.toMatchObject({ code: 'QT_CLOSED' });
});

it('process.exit() leaves nothing behind', () => {
  const script = `
    import { QtSharedMemory } from './src/qt/index.ts';
    await QtSharedMemory.create('exits', 1000);
    process.exit(3);`;
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  expect(status).toBe(3);
  expect(keyFiles(folder)).toEqual([]);
});

it.each([0, -1, 1.5, Number.NaN])('a segment of %s bytes is refused', async (bytes) => {
  await expect(QtSharedMemory.create('never', bytes)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});

it('more bytes than an array can view are refused before they are made', async () => {
  await expect(QtSharedMemory.create('never', 2 ** 32)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect(keyFiles(folder)).toEqual([]);
});
