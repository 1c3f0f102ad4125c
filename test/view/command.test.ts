import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { ringFolder, run, start } from '../cli/run.js';

const folder = ringFolder();

async function addressOf(running: ReturnType<typeof start>): Promise<URL> {
  await expect.poll(() => running.output(), { timeout: 15_000 }).toMatch(/live page: http\S+\n/);
  return new URL(/http\S+/.exec(running.output())?.[0] as string);
}

test('framelane view prints its address, serves the page, and ends with Ctrl-C', async () => {
  const running = start(folder, ['view', 'test:64x48', '--port', '0']);
  const url = await addressOf(running);
  expect(url.hostname).toBe('127.0.0.1');
  expect(await (await fetch(url)).text()).toContain('<title>Framelane</title>');
  running.child.kill('SIGINT');
  expect(await running.outcome).toMatchObject({ code: 130, stderr: '' });
});

test('beyond this machine a token is made up, and nothing is served without it', async () => {
  const running = start(folder, ['view', 'test:64x48', '--port', '0', '--address', '0.0.0.0']);
  const url = await addressOf(running);
  expect(url.searchParams.get('token')).toMatch(/^[0-9a-f]{32}$/);
  url.hostname = '127.0.0.1';
  expect((await fetch(url, { redirect: 'manual' })).headers.get('set-cookie')).toContain('framelane=');
  url.searchParams.set('token', '0'.repeat(32));
  expect((await fetch(url)).status).toBe(401);
  running.child.kill('SIGTERM');
  expect((await running.outcome).code).toBe(143);
});

test('a taken port, a wrong address and a short token are refused in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const outcomes = await Promise.all([
    run(folder, 'view', 'test:', '--port', String(port)),
    run(folder, 'view', 'tset:'),
    run(folder, 'view', 'test:', '--token', 'short'),
  ]);
  taken.close();
  expect(outcomes.map(({ code }) => code)).toEqual([1, 2, 2]);
  for (const { stderr } of outcomes) expect(stderr).toMatch(/^framelane: [^\n]+\n$/);
  expect(outcomes[1]?.stderr).toContain('test:');
});
