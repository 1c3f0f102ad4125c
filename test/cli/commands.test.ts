import { expect, test } from 'vitest';
import { pythonWith } from '../python.js';
import { ringFolder, ringsIn, run, start, until } from './run.js';

const rings = ringFolder();

test('ls, info and rm know a living ring from one that was left behind', async () => {
  const running = start(rings, ['pipe', 'test:64x48?fps=50', 'shm:cam']);
  await until(() => ringsIn(rings).includes('framelane.cam'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [alive] = JSON.parse((await run(rings, 'ls', '--json')).stdout);
  expect(alive).toMatchObject({ name: 'cam', producerAlive: true, readers: 0, pid: running.child.pid });
  expect(alive.sequence).toBeGreaterThan(0);
  const info = JSON.parse((await run(rings, 'info', 'shm:cam', '--json')).stdout);
  expect(info).toMatchObject({ format: 'rgb24', width: 64, height: 48, state: 'live' });
  const refused = await run(rings, 'rm', 'cam');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/live producer.*--force.*\(RING_BUSY\)/) });
  expect(await run(rings, 'rm', '--stale')).toMatchObject({ code: 0, stdout: '' });

  running.child.kill('SIGKILL');
  await running.outcome;
  const table = await run(rings, 'ls');
  expect(table.stdout).toMatch(/^NAME +PRODUCER.*\ncam +died /);
  expect(await run(rings, 'rm', '--stale')).toMatchObject({ code: 0, stdout: 'removed cam\n' });
  expect(ringsIn(rings)).toEqual([]);
  expect(await run(rings, 'ls')).toMatchObject({ code: 0, stdout: '' });
  expect(await run(rings, 'rm', 'shm:cam')).toMatchObject({ code: 1, stderr: expect.stringMatching(/RING_NOT_FOUND/) });
});

test('--force removes a ring that is in use', async () => {
  const running = start(rings, ['pipe', 'test:64x48', 'shm:forced']);
  await until(() => ringsIn(rings).includes('framelane.forced'));
  expect(await run(rings, 'rm', 'forced', '--force')).toMatchObject({ code: 0 });
  expect(ringsIn(rings)).toEqual([]);
  running.child.kill('SIGINT');
  expect((await running.outcome).code).toBe(130);
});

test('a second producer for a ring is told that it is busy', async () => {
  const running = start(rings, ['pipe', 'test:64x48', 'shm:twice']);
  await until(() => ringsIn(rings).includes('framelane.twice'));
  const second = await run(rings, 'pipe', 'test:64x48', 'shm:twice');
  expect(second).toMatchObject({ code: 1, stderr: expect.stringMatching(/\(RING_BUSY\)/) });
  running.child.kill('SIGTERM');
  expect((await running.outcome).code).toBe(143);
  expect(ringsIn(rings)).toEqual([]);
});

test('info says what a source is', async () => {
  const { stdout } = await run(rings, 'info', 'test:640x480?fps=25&format=nv12');
  expect(stdout).toBe('format:         nv12\nwidth:          640\nheight:         480\nfps:            25\n');
  expect(await run(rings, 'info', 'shm:nowhere')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no ring "nowhere".*RING_NOT_FOUND/),
  });
});

test('doctor looks at everything and leaves nothing', async () => {
  const { code, stdout } = await run(rings, 'doctor', '--json');
  const names = JSON.parse(stdout).map((check: { name: string }) => check.name);
  expect(names).toEqual(
    expect.arrayContaining([
      'node',
      'shared memory',
      'addon',
      'ring',
      'simd',
      'UDP trains',
      'SRTP',
      'ffmpeg',
      'python',
    ]),
  );
  expect(code).toBe(0);
  expect(ringsIn(rings)).toEqual([]);
});

test('the demo verifies frames in each reader and leaves nothing', async () => {
  const { code, stdout } = await run(rings, 'demo', '--seconds', '1', '--size', '320x240');
  expect(code).toBe(0);
  expect(stdout).toMatch(/Node reader +(\d+) frames, \1 verified/);
  if (pythonWith('numpy') === undefined) expect(stdout).toMatch(/no python3 with numpy/);
  else expect(stdout).toMatch(/Python reader +(\d+) frames, \1 verified/);
  expect(ringsIn(rings)).toEqual([]);
});

test('every command has help with examples', async () => {
  for (const words of [[], ['pipe'], ['ls'], ['info'], ['rm'], ['doctor'], ['demo']]) {
    const { code, stdout } = await run(rings, ...words, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Usage: framelane/);
    expect(stdout).toMatch(/Examples:\n {2}\$ framelane /);
  }
  expect((await run(rings, '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
