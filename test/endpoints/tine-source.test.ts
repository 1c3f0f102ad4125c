import { afterEach, expect, test } from 'vitest';
import { Troubles } from '../../src/cli/troubles.js';
import { runPipe } from '../../src/endpoints/pipe.js';
import { openSource } from '../../src/endpoints/registry.js';
import { TestSource, type TestSourceOptions } from '../../src/endpoints/test.js';
import { serveTine, type TineVideoServer } from '../../src/endpoints/tine-server.js';
import type { FramelaneError } from '../../src/error.js';
import { ringName } from '../ring/names.js';
import { freeOffset } from '../tine/net/free-offset.js';

let server: TineVideoServer | undefined;
afterEach(() => server?.close());

/** A gray camera, in place of the one before. */
async function camera(offset: number, options: Partial<TestSourceOptions> = {}): Promise<void> {
  await server?.close();
  const source = new TestSource({ format: 'gray8', width: 64, height: 48, fps: 50, ...options });
  server = await serveTine({ device: 'CAM0', offset, source });
}

const addressOf = (offset: number) => `tine://127.0.0.1:${offset}/FRMEQM/CAM0/Frame?interval=20`;

test('a camera that comes back with images too large for the ring ends the pipe, and says what to do', async () => {
  const offset = await freeOffset();
  const name = ringName();
  await camera(offset);
  let back: Promise<void> | undefined;
  const piped = runPipe({
    source: addressOf(offset),
    sinks: [`shm:${name}`],
    onProgress: ({ frames }) => {
      if (frames === 3) back ??= camera(offset, { width: 640, height: 480 });
    },
  });
  await expect(piped).rejects.toMatchObject({
    code: 'FRAME_TOO_LARGE',
    message: expect.stringContaining(`shm:${name}?capacity=307200`),
  });
  await back;
});

test('a camera that is away is told of once a trouble, and when it is back', async () => {
  const offset = await freeOffset();
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
  const troubles = new Troubles(true, stream);
  const seen: FramelaneError[] = [];
  const onTrouble = (error: FramelaneError) => {
    seen.push(error);
    troubles.tell(error);
  };
  await camera(offset);
  const source = await openSource(addressOf(offset), { onTrouble });
  for await (const frame of source.frames()) {
    frame.release();
    troubles.over();
    if (lines.at(-1)?.includes('frames again')) break;
    if (seen.length === 0) {
      await server?.close();
      setTimeout(() => void camera(offset), 1000);
    }
  }
  await source.close();
  expect(lines.length).toBeGreaterThanOrEqual(2);
  expect(lines.length).toBeLessThanOrEqual(seen.length + 1);
  expect(lines[0]).toMatch(/^framelane: .*CONNECTION\); trying again\n$/);
  expect(lines.at(-1)).toMatch(/^framelane: frames again, after \d+\.\d s\n$/);
  expect(new Set(lines).size).toBe(lines.length);
});

test('nobody is told of trouble who wants it quiet', () => {
  const stream = { isTTY: false, write: () => expect.unreachable() } as unknown as NodeJS.WriteStream;
  const troubles = new Troubles(false, stream);
  troubles.tell({ code: 'TIMEOUT', message: 'silence' } as FramelaneError);
  troubles.over();
});

test('a 12-bit camera can be served as JPEG: its range becomes that of eight bits', async () => {
  const offset = await freeOffset();
  const source = new TestSource({ format: 'gray16le', bits: 12, pattern: 'bars', width: 64, height: 48, fps: 50 });
  server = await serveTine({ device: 'CAM0', offset, source, encoding: 'jpeg' });
  const images = await openSource(addressOf(offset));
  for await (const frame of images) {
    using picture = frame;
    expect(picture).toMatchObject({ format: 'gray8', width: 64, height: 48 });
    expect(picture.metadata.effectiveBits).toBe(8);
    // Bars reach from black to three quarters of white, the band is white.
    expect(Math.max(...picture.data)).toBeGreaterThan(240);
    expect(Math.min(...picture.data)).toBeLessThan(16);
    break;
  }
  await images.close();
});
