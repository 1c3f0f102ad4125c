import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { afterEach, expect, test } from 'vitest';
import { TestSource } from '../../src/endpoints/test.js';
import { serveTine, type TineVideoServer } from '../../src/endpoints/tine-server.js';
import { ringFolder, ringsIn, start, until, untilPrinted } from '../cli/run.js';
import { temporaryFolder } from '../endpoints/files.js';
import { missing, pythonWith } from '../python.js';
import { freeOffset } from '../tine/net/free-offset.js';

const example = fileURLToPath(new URL('../../examples/tine-display-loop/', import.meta.url));
const folder = temporaryFolder();
const rings = ringFolder();
const servers: TineVideoServer[] = [];
const loops: ChildProcess[] = [];

afterEach(async () => {
  for (const child of loops.splice(0)) child.kill('SIGKILL');
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A camera whose pictures move: 12 bits of gray unless told otherwise. */
async function camera(offset: number, options: { colour?: boolean } = {}): Promise<TineVideoServer> {
  const gray = { format: 'gray16le', bits: 12, pattern: 'bars' } as const;
  const source = new TestSource({
    ...(options.colour ? { format: 'rgb24', pattern: 'bars' } : gray),
    width: 96,
    height: 64,
    fps: 20,
  });
  const encoding = options.colour ? 'jpeg' : 'raw';
  const server = await serveTine({ device: 'CAM0', offset, source, encoding });
  servers.push(server);
  return server;
}

/** A folder with a matplotlib that cannot be imported: the text is shown, also on machines that have the real one. */
function withoutMatplotlib(): string {
  const hidden = path.join(folder, 'hidden');
  mkdirSync(hidden, { recursive: true });
  writeFileSync(path.join(hidden, 'matplotlib.py'), 'raise ImportError("hidden by the test")\n');
  return hidden;
}

const addressOf = (offset: number) => `tine://127.0.0.1:${offset}/FRMEQM/CAM0/Frame`;

interface Loop {
  readonly child: ChildProcess;
  readonly printed: () => string;
  readonly complained: () => string;
  readonly ended: Promise<number | null>;
}

function display(...words: string[]): Loop {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(example, 'display.ts'), ...words]);
  loops.push(child);
  let [out, error] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    error += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, printed: () => out, complained: () => error, ended };
}

/** Waits for a picture with other bytes than the one before. */
async function nextPicture(file: string, before?: Buffer): Promise<Buffer> {
  await until(() => existsSync(file) && (before === undefined || !readFileSync(file).equals(before)));
  return readFileSync(file);
}

function levelsOf(png: Buffer): { darkest: number; brightest: number } {
  const { data } = decode(png);
  const numbers = Array.from(data as Uint8Array);
  return { darkest: Math.min(...numbers), brightest: Math.max(...numbers) };
}

test('a 12-bit camera becomes PNG files that change and are not black; Ctrl-C ends the loop', async () => {
  const offset = await freeOffset();
  await camera(offset);
  const file = path.join(folder, 'gray.png');
  const loop = display(addressOf(offset), '--png', file);
  const first = await nextPicture(file);
  const second = await nextPicture(file, first);
  expect(decode(second)).toMatchObject({ width: 96, height: 64, channels: 1, depth: 8 });
  const { darkest, brightest } = levelsOf(second);
  expect(brightest).toBe(255);
  expect(darkest).toBe(0);
  loop.child.kill('SIGINT');
  expect(await loop.ended, loop.complained()).toBe(0);
  expect(loop.printed()).toMatch(/\d+ images shown/);
  expect(loop.complained()).toBe('');
});

test('a colour camera that compresses is drawn with its colours', async () => {
  const offset = await freeOffset();
  await camera(offset, { colour: true });
  const file = path.join(folder, 'colour.png');
  display(addressOf(offset), '--png', file);
  const { data, channels, width } = decode(await nextPicture(file));
  expect(channels).toBe(3);
  // The sixth bar is red; the white band is never over all rows.
  const red = Array.from({ length: 64 }, (_, y) => 3 * (y * width + 66)).filter(
    (at) => (data[at] as number) > 150 && (data[at + 1] as number) < 60 && (data[at + 2] as number) < 60,
  );
  expect(red.length).toBeGreaterThan(40);
});

test('a camera that is restarted is drawn again', async () => {
  const offset = await freeOffset();
  const server = await camera(offset);
  const file = path.join(folder, 'again.png');
  const loop = display(addressOf(offset), '--png', file, '--every', '50');
  await nextPicture(file);
  await server.close();
  await until(() => loop.complained() !== '');
  expect(loop.complained()).toMatch(/^(CONNECTION|TIMEOUT): /);
  const last = readFileSync(file);
  await camera(offset);
  await nextPicture(file, last);
  loop.child.kill('SIGTERM');
  expect(await loop.ended).toBe(0);
});

test('without a file the picture is drawn in the terminal, light and dark', async () => {
  const offset = await freeOffset();
  await camera(offset);
  const loop = display(addressOf(offset), '--colours', 'viridis');
  await until(() => loop.printed().includes('96x64 gray16le, 12 bits'));
  const reds = [...loop.printed().matchAll(/38;2;(\d+);(\d+);(\d+)/g)].map((hit) => Number(hit[2]));
  expect(loop.printed()).toContain('▀');
  expect(Math.max(...reds)).toBeGreaterThan(150);
  expect(Math.min(...reds)).toBeLessThan(80);
});

test('an address that makes no sense ends the loop with a word about it', async () => {
  const loop = display('tine://nowhere');
  expect(await loop.ended).not.toBe(0);
  expect(loop.complained()).toContain('BAD_URI');
});

test('Python shows the same camera from the ring, 12 bits over its whole range', async (context) => {
  const python = pythonWith('numpy');
  if (python === undefined) return context.skip(missing('numpy'));
  const offset = await freeOffset();
  await camera(offset);
  const words = ['pipe', addressOf(offset), 'shm:cam1', '--', python, path.join(example, 'display.py')];
  const running = start(rings, words, { PYTHONPATH: withoutMatplotlib() });
  loops.push(running.child);
  await untilPrinted(running, 'of 4095');
  await until(() => running.output().split('of 4095').length > 3);
  const [, picture = ''] = running.output().split('of 4095\n');
  expect(picture).toMatch(/[@%#]/);
  expect(picture).toMatch(/[.:-]/);
  running.child.kill('SIGINT');
  const { code } = await running.outcome;
  expect(code).toBe(130);
  expect(ringsIn(rings)).toEqual([]);
});
