import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { frameOver } from '../../src/frame/index.js';
import { serveView, type ViewServer, type ViewServerOptions } from '../../src/view/index.js';
import { StillRing } from './still-ring.js';
import { StreamClient } from './stream-client.js';

const open: ViewServer[] = [];

async function serve(options: Partial<ViewServerOptions> = {}): Promise<ViewServer> {
  const server = await serveView({ sources: ['test:64x48?fps=50'], ...options });
  open.push(server);
  return server;
}

afterAll(async () => {
  await Promise.all(open.map((server) => server.close()));
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** Asks with any headers and any path, which fetch() does not allow. */
function ask(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body = '',
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

let server: ViewServer;
beforeAll(async () => {
  server = await serve();
});

test('the page and its files are served, under a policy that lets nothing else run', async () => {
  const page = await ask(server.url, '/');
  expect(page.status).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(page.body)?.[1] as string;
  expect((await ask(server.url, script)).headers['content-type']).toMatch(/javascript/);
  expect(page.body).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
});

test.each([
  '/../package.json',
  '/..%2f..%2fpackage.json',
  '/assets/../../package.json',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/assets/..%5c..%5cpackage.json',
  '//etc/passwd',
])('no path leads out of the page: %s', async (path) => {
  const answer = await ask(server.url, path);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.body).not.toMatch(/devDependencies|root:/);
});

test.each(['evil.example', 'evil.example:8040', '192.0.2.7', 'localhost.evil.example', '[2001:db8::1]'])(
  'a name that was made to point here (DNS rebinding) is turned away: %s',
  async (host) => {
    expect((await ask(server.url, '/api/cameras', { host })).status).toBe(421);
  },
);

test.each(['localhost', 'localhost:9999', '127.0.0.1', '[::1]:80'])(
  'loopback by any of its names: %s',
  async (host) => {
    expect((await ask(server.url, '/api/cameras', { host })).status).toBe(200);
  },
);

test('other web sites cannot ask, whether they say so by Origin or by Sec-Fetch-Site', async () => {
  const host = new URL(server.url).host;
  expect((await ask(server.url, '/api/cameras', { host, origin: 'http://evil.example' })).status).toBe(403);
  expect((await ask(server.url, '/api/cameras', { host, origin: 'null' })).status).toBe(403);
  expect((await ask(server.url, '/api/cameras', { host, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await ask(server.url, '/api/cameras', { host, origin: `http://${host}` })).status).toBe(200);
});

test('beyond this machine nobody listens without a token', async () => {
  await expect(serve({ address: '0.0.0.0' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(serve({ address: '0.0.0.0', token: 'short' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});

test('a token lets in by address, cookie or header, and nothing else does', async () => {
  const token = 'correct-horse-battery';
  const { url } = await serve({ token });
  expect((await ask(url, '/')).status).toBe(401);
  expect((await ask(url, '/api/frames?camera=0')).status).toBe(401);
  expect((await ask(url, '/?token=correct-horse-batterx')).status).toBe(401);
  expect((await ask(url, '/', { cookie: 'framelane=wrong' })).status).toBe(401);
  const entered = await ask(url, `/?token=${token}`);
  expect(entered.status).toBe(303);
  const cookie = String(entered.headers['set-cookie']);
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  expect((await ask(url, '/api/cameras', { cookie: cookie.split(';')[0] as string })).status).toBe(200);
  expect((await ask(url, '/api/cameras', { authorization: `Bearer ${token}` })).status).toBe(200);
});

test('with a token, other machines come by number or by the names that were given', async () => {
  const token = 'correct-horse-battery';
  const other = await serve({ address: '0.0.0.0', token, hosts: ['beamline7'] });
  const url = other.url.replace('0.0.0.0', '127.0.0.1');
  const status = async (host: string) => (await ask(url, `/api/cameras?token=${token}`, { host })).status;
  expect(await status('192.0.2.7:8040')).toBe(200);
  expect(await status('beamline7')).toBe(200);
  expect(await status('evil.example')).toBe(421);
});

test.each([
  ['', 'name a camera'],
  ['camera=1', 'there is no camera 1'],
  ['camera=x', 'there is no camera x'],
  ['camera=0&width=0', 'width'],
  ['camera=0&fps=-1', 'fps'],
  ['camera=0&quality=nice', 'quality'],
])('a view that makes no sense is answered with why: %s', async (query, why) => {
  const answer = await ask(server.url, `/api/frames?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.body).toContain(why);
});

test('one view more than allowed is turned away, and let in once another has left', async () => {
  const { url } = await serve({ viewers: 2 });
  const clients = [new StreamClient(url), new StreamClient(url)];
  await Promise.all(clients.map((client) => client.frame()));
  const refused = await ask(url, '/api/frames?camera=0');
  expect(refused.status).toBe(503);
  expect(refused.body).toContain('--viewers');
  clients[0]?.close();
  await expect.poll(async () => (await ask(url, '/api/cameras')).status).toBe(200);
  const third = new StreamClient(url);
  expect(await third.frame()).toBeDefined();
  for (const client of [...clients, third]) client.close();
});

test('a request of more than 1 KB and one that is no JSON are refused', async () => {
  const large = ask(server.url, '/api/arrived', {}, 'POST', JSON.stringify({ viewer: 'x'.repeat(2000) }));
  await expect(
    large.then(
      ({ status }) => status,
      () => 400,
    ),
  ).resolves.toBe(400);
  expect((await ask(server.url, '/api/arrived', {}, 'POST', '{')).status).toBe(400);
  expect((await ask(server.url, '/api/arrived', {}, 'POST', '{"viewer":"nobody","number":1e300}')).status).toBe(204);
});

test('sources that are none are refused before anything listens', async () => {
  await expect(serve({ sources: [] })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(serve({ sources: Array(65).fill('test:') })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(serve({ sources: ['test:?a=1&a=2'] })).rejects.toMatchObject({ code: 'BAD_URI' });
  await expect(serve({ sources: ['test:?fsp=3'] })).rejects.toMatchObject({ code: 'BAD_URI' });
  await expect(serve({ sources: ['tset:'] })).rejects.toMatchObject({ code: 'UNKNOWN_SCHEME' });
});

test('a taken port is an error that names it', async () => {
  const port = Number(new URL(server.url).port);
  await expect(serve({ port })).rejects.toMatchObject({
    code: 'CONNECTION',
    message: expect.stringContaining(String(port)),
  });
});

test('a frame comes as it lies in the ring: bytes, padded strides, area, metadata', async () => {
  using ring = new StillRing();
  const bytes = Uint8Array.from({ length: 6 * 40 }, (_, at) => (at * 7) % 251);
  const area = { x: 10, y: 20, sourceWidth: 640, sourceHeight: 480 };
  const metadata = { exposure: 1.5, name: 'cam', effectiveBits: 12, count: 2n ** 60n };
  ring.show(frameOver({ format: 'gray16le', width: 9, height: 6, strides: [40] }, bytes, { metadata, area }));
  const { url } = await serve({ sources: [ring.address] });
  const client = new StreamClient(url);
  const message = await client.frame();
  client.close();
  expect(message?.header).toMatchObject({ width: 9, height: 6, strides: [40, 0, 0], reduction: 1, fullWidth: 9 });
  expect([...(message?.pixels ?? [])]).toEqual([...bytes.subarray(0, 5 * 40 + 18)]);
  expect(message?.text).toEqual({ metadata: { ...metadata, count: String(2n ** 60n) }, area });
});

test('a view says why a source fails and when it is tried again', async () => {
  const ring = new StillRing();
  const { address } = ring;
  ring[Symbol.dispose]();
  const { url } = await serve({ sources: [address] });
  const client = new StreamClient(url);
  const failed = async () => {
    for (;;) {
      const camera = (await client.news())?.cameras[0];
      if (camera?.state === 'failed' && camera.retryInMs !== undefined) return camera;
    }
  };
  expect(await failed()).toMatchObject({
    code: 'RING_NOT_FOUND',
    reason: expect.stringContaining('start its producer'),
  });
  client.close();
});
