import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { originalOf } from '../../src/endpoints/original.js';
import { runPipe } from '../../src/endpoints/pipe.js';
import { openSource } from '../../src/endpoints/registry.js';
import { TestSource } from '../../src/endpoints/test.js';
import { serveTine } from '../../src/endpoints/tine-server.js';
import { TurboJpeg } from '../../src/jpeg/index.js';
import { decodeImage, imageFormats, toFrame } from '../../src/tine/index.js';
import { freeOffset } from '../tine/net/free-offset.js';
import { temporaryFolder } from './files.js';

const folder = temporaryFolder();

test.each(['raw', 'jpeg'] as const)(
  "a camera's %s image can be had as it came, after the frame's release",
  async (encoding) => {
    const offset = await freeOffset();
    const camera = new TestSource({ format: 'rgb24', width: 64, height: 48, fps: 50, pattern: 'gradient' });
    await using _ = await serveTine({ device: 'CAM0', offset, source: camera, encoding });
    const address = `tine://127.0.0.1:${offset}/FRMEQM/CAM0/Frame?interval=20`;
    await using source = await openSource(address, { originals: true });
    for await (const frame of source.frames()) {
      const pixels = frame.data.slice(0, 64 * 48 * 3);
      frame.release();
      const bytes = (await originalOf(frame)?.read()) as Uint8Array;
      const { header } = decodeImage(bytes);
      expect(header.imageFormat).toBe(encoding === 'jpeg' ? imageFormats.JPEG : imageFormats.RGB24);
      expect(header.frameNumber).toBe(frame.sequence);
      expect(toFrame(bytes, { jpeg: new TurboJpeg() }).data).toEqual(pixels);
      break;
    }
  },
);

test('images of a file are read again, each from its place; without being asked nothing is kept', async () => {
  const file = path.join(folder, 'three.tine');
  await runPipe({ source: 'test:32x16?fps=0&frames=3&pattern=noise', sinks: [`tine-file:${file}?encoding=jpeg`] });
  const pieces: Uint8Array[] = [];
  for await (const frame of await openSource(`tine-file:${file}`, { originals: true })) {
    frame.release();
    const original = originalOf(frame);
    expect(original?.heldBytes).toBe(0);
    pieces.push((await original?.read()) as Uint8Array);
  }
  expect(pieces).toHaveLength(3);
  expect(Buffer.concat(pieces).equals(readFileSync(file))).toBe(true);
  for await (const frame of await openSource(`tine-file:${file}`)) {
    expect(originalOf(frame)).toBeUndefined();
    frame.release();
  }
});
