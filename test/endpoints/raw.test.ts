import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { StreamInput } from '../../src/endpoints/byte-input.js';
import { runPipe } from '../../src/endpoints/pipe.js';
import { readRawFrames } from '../../src/endpoints/raw-frames.js';
import { RecycledMemory } from '../../src/endpoints/recycled-memory.js';
import { openSink, openSource } from '../../src/endpoints/registry.js';
import { allocateFrame, cropFrame, pixelFormats } from '../../src/frame/index.js';
import { noisyFrame } from '../frame/arbitrary.js';
import { temporaryFolder } from './files.js';

const folder = temporaryFolder();
const badUri = expect.objectContaining({ code: 'BAD_URI' });

test('what raw: writes, raw: reads, in every pixel format and at an odd size', async () => {
  for (const format of pixelFormats) {
    const [first, second] = [path.join(folder, 'a.raw'), path.join(folder, 'b.raw')];
    await runPipe({ source: `test:33x17?fps=0&frames=4&format=${format}`, sinks: [`raw:${first}`] });
    const stats = await runPipe({ source: `raw:${first}?size=33x17&format=${format}`, sinks: [`raw:${second}`] });
    expect(stats.frames).toBe(4);
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  }
});

test('padding between rows is not written', async () => {
  const file = path.join(folder, 'padded.raw');
  const sink = await openSink(`raw:${file}`);
  const whole = noisyFrame({ format: 'rgb24', width: 20, height: 10 }, 7);
  const part = cropFrame(whole, { x: 3, y: 2, width: 9, height: 5 });
  await sink.write(part);
  await sink.close();
  const rows = [2, 3, 4, 5, 6].map((row) => whole.data.subarray(row * 60 + 9, row * 60 + 36));
  expect(readFileSync(file).equals(Buffer.concat(rows))).toBe(true);
});

test('a cut last frame is TRUNCATED, with its offset', async () => {
  const file = path.join(folder, 'cut.raw');
  writeFileSync(file, Buffer.alloc(2 * 100 + 60));
  const piping = runPipe({ source: `raw:${file}?size=10x10&format=gray8`, sinks: ['null:'] });
  await expect(piping).rejects.toMatchObject({ code: 'TRUNCATED', details: { offset: 200, sequence: 3 } });
});

test('an empty file has no frames, also in a loop', async () => {
  const file = path.join(folder, 'empty.raw');
  writeFileSync(file, '');
  const source = `raw:${file}?size=10x10&format=gray8`;
  expect(await runPipe({ source, sinks: ['null:'] })).toMatchObject({ frames: 0, bytes: 0, seconds: 0 });
  expect((await runPipe({ source, sinks: ['null:'], loop: true })).frames).toBe(0);
});

test('a loop begins again, and sequence numbers go on', async () => {
  const file = path.join(folder, 'loop.raw');
  writeFileSync(file, Uint8Array.of(1, 2, 3));
  const source = await openSource(`raw:${file}?size=1x1&format=gray8`, { loop: true });
  const seen: number[][] = [];
  for await (const frame of source) {
    seen.push([frame.sequence, frame.data[0] as number]);
    frame.release();
    if (seen.length === 7) break;
  }
  expect(seen.map(([sequence]) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(seen.map(([, value]) => value)).toEqual([1, 2, 3, 1, 2, 3, 1]);
});

test('chunks of any size make whole frames', async () => {
  const bytes = Uint8Array.from({ length: 600 }, (_, index) => index & 255);
  for (const step of [1, 7, 100, 101, 333, 600]) {
    const chunks = Array.from({ length: Math.ceil(600 / step) }, (_, at) => bytes.slice(at * step, (at + 1) * step));
    const input = new StreamInput(Readable.from(chunks));
    const spec = { format: 'gray8', width: 10, height: 10 } as const;
    const frames: number[] = [];
    for await (const frame of readRawFrames(input, 'raw:-', spec, { memory: new RecycledMemory() })) {
      frames.push(frame.data[0] as number);
      frame.release();
    }
    expect(frames).toEqual([0, 100, 200, 300 & 255, 400 & 255, 500 & 255]);
  }
});

test('a named pipe is read, and can be stopped while nobody writes', async () => {
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const source = `raw:${fifo}?size=10x10&format=gray8`;
  const idle = await runPipe({ source, sinks: ['null:'], signal: AbortSignal.timeout(100) });
  expect(idle.frames).toBe(0);
  const reading = runPipe({ source, sinks: ['null:'] });
  const write = '(head -c 150 /dev/zero; sleep 0.2; head -c 150 /dev/zero) > "$0"';
  const writer = spawn('sh', ['-c', write, fifo], { stdio: 'ignore' });
  await once(writer, 'close');
  expect((await reading).frames).toBe(3);
});

test('a released buffer is used again', async () => {
  const memory = new RecycledMemory();
  const spec = { format: 'gray8', width: 8, height: 8 } as const;
  const first = memory.take(spec);
  const { buffer } = first.bytes;
  first.finish().release();
  expect(memory.take(spec).bytes.buffer).toBe(buffer);
  expect(memory.take(spec).bytes.buffer).not.toBe(buffer);
});

test('a stream that changes its shape cannot be raw', async () => {
  const sink = await openSink(`raw:${path.join(folder, 'changing.raw')}`);
  await sink.write(allocateFrame({ format: 'gray8', width: 4, height: 4 }));
  const other = allocateFrame({ format: 'gray8', width: 5, height: 4 });
  await expect(sink.write(other)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await sink.close();
});

test.each(['raw:x', 'raw:x?size=1x1', 'raw:x?format=gray8', 'raw:-?size=1x1&format=gray8&loop', 'raw:x?sise=1x1'])(
  '%s is refused as a source',
  async (address) => {
    await expect(openSource(address)).rejects.toEqual(badUri);
  },
);

test('a missing file and a folder that cannot be written are IO', async () => {
  const io = expect.objectContaining({ code: 'IO' });
  await expect(runPipe({ source: 'raw:/nowhere?size=1x1&format=gray8', sinks: ['null:'] })).rejects.toEqual(io);
  await expect(runPipe({ source: 'test:1x1', sinks: ['raw:/nowhere/x'] })).rejects.toEqual(io);
  await expect(runPipe({ source: 'test:1x1', sinks: ['npy:/proc/nowhere'] })).rejects.toEqual(io);
});

test('numbered files are readable by others', async () => {
  const [png, npy] = [path.join(folder, 'png'), path.join(folder, 'deep/npy')];
  const sinks = [`png:${png}`, `npy:${npy}`];
  await runPipe({ source: 'test:20x10?fps=0&frames=2&pattern=gradient', sinks });
  const pixels = readFileSync(path.join(npy, 'frame-000002.npy')).subarray(-600);
  const decoded = spawnSync('ffmpeg', ['-v', 'error', '-i', `${png}/frame-000002.png`, '-f', 'rawvideo', '-']);
  expect(pixels.equals(decoded.stdout)).toBe(true);
});
