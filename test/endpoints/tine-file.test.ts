import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runPipe } from '../../src/endpoints/pipe.js';
import { openSource } from '../../src/endpoints/registry.js';
import { copyFrame, type Frame, pixelFormats } from '../../src/frame/index.js';
import { decodeImage, encodeImageHeader, imageFormats } from '../../src/tine/index.js';
import { temporaryFolder } from './files.js';

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);

async function framesOf(address: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of await openSource(address)) {
    frames.push(copyFrame(frame));
    frame.release();
  }
  return frames;
}

async function dump(name: string, source: string, options = ''): Promise<string> {
  await runPipe({ source, sinks: [`tine-file:${inFolder(name)}${options}`] });
  return inFolder(name);
}

test.each(['gray8', 'gray16le', 'rgb24', 'rgba32'])('%s comes back to the last bit', async (format) => {
  const source = `test:33x21?fps=0&frames=4&format=${format}`;
  const [before, after] = [await framesOf(source), await framesOf(`tine-file:${await dump('same.tine', source)}`)];
  expect(after.map(({ data }) => data)).toEqual(before.map(({ data }) => data));
  expect(after.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  expect(after[0]).toMatchObject({ format, width: 33, height: 21 });
});

test('every pixel format can be written', async () => {
  for (const format of pixelFormats) {
    const file = await dump('any.tine', `test:16x8?fps=0&frames=2&format=${format}&pattern=bars`);
    expect(await framesOf(`tine-file:${file}`)).toHaveLength(2);
  }
});

test('JPEG images are written and read', async () => {
  const file = await dump('jpeg.tine', 'test:64x48?fps=0&frames=2&pattern=gradient', '?encoding=jpeg&quality=95');
  expect(decodeImage(readFileSync(file)).header.imageFormat).toBe(imageFormats.JPEG);
  const [jpeg] = await framesOf(`tine-file:${file}`);
  const [plain] = await framesOf('test:64x48?fps=0&frames=1&pattern=gradient');
  const errors = (jpeg as Frame).data.map((byte, index) => Math.abs(byte - ((plain as Frame).data[index] as number)));
  expect(Math.max(...errors)).toBeLessThan(32);
});

test('images of TINE itself are read', async () => {
  const file = new URL('../vectors/tine/gray16le_3x2_12bit.bin', import.meta.url).pathname;
  const [frame] = await framesOf(`tine-file:${file}`);
  expect(frame).toMatchObject({ format: 'gray16le', width: 3, height: 2 });
  expect(frame?.data).toEqual(new Uint8Array(readFileSync(file).subarray(188)));
});

test('each cut names the image and the byte', async () => {
  const whole = readFileSync(await dump('whole.tine', 'test:10x6?fps=0&frames=2&format=gray8'));
  expect(whole.length).toBe(2 * 248);
  for (const length of [1, 187, 188, 247, 249, 300, 436, 495]) {
    writeFileSync(inFolder('cut.tine'), whole.subarray(0, length));
    const at = length < 248 ? 0 : 248;
    const piping = runPipe({ source: `tine-file:${inFolder('cut.tine')}`, sinks: ['null:'] });
    await expect(piping).rejects.toMatchObject({ code: 'TRUNCATED', message: new RegExp(`image at byte ${at}: `) });
    await piping.catch(({ details }) => expect(details.offset).toBe(length));
  }
});

test('what is no image is refused, wherever it stands', async () => {
  const whole = readFileSync(await dump('front.tine', 'test:10x6?fps=0&frames=1&format=gray8'));
  writeFileSync(inFolder('behind.tine'), Buffer.concat([whole, Buffer.alloc(188, 0x55)]));
  const piping = runPipe({ source: `tine-file:${inFolder('behind.tine')}`, sinks: ['null:'] });
  await expect(piping).rejects.toMatchObject({ code: 'TINE_INVALID', details: { offset: 248 } });
});

test('nothing is allocated on the word of a header', async () => {
  const header = encodeImageHeader({
    sourceWidth: 9,
    sourceHeight: 9,
    bytesPerPixel: 1,
    appendedFrameSize: 0x7fff_ffff,
  });
  writeFileSync(inFolder('liar.tine'), header);
  const before = process.memoryUsage().arrayBuffers;
  const piping = runPipe({ source: `tine-file:${inFolder('liar.tine')}`, sinks: ['null:'] });
  await expect(piping).rejects.toMatchObject({ code: 'TRUNCATED' });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 24);
});

test('an empty file has no frames, a folder is no file', async () => {
  writeFileSync(inFolder('empty.tine'), '');
  const stats = await runPipe({ source: `tine-file:${inFolder('empty.tine')}`, sinks: ['null:'], loop: true });
  expect(stats.frames).toBe(0);
  await expect(runPipe({ source: `tine-file:${folder}`, sinks: ['null:'] })).rejects.toMatchObject({ code: 'IO' });
});
