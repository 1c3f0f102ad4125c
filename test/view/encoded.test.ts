import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AccessUnit } from '../../src/nal/index.js';
import { EncodedPicture } from '../../src/view/encoded-picture.js';
import { Feed } from '../../src/view/feed.js';
import { serveView } from '../../src/view/index.js';
import { PictureGroup } from '../../src/view/picture-group.js';
import { pictureEncodings } from '../../src/view/wire.js';
import { temporaryFolder } from '../endpoints/files.js';
import { hasBrowser, launchBrowser, openPage } from './browser.js';
import { waitForPicture } from './shown.js';
import { StreamClient } from './stream-client.js';

// A browser that draws on the processor is slow where others work too.
vi.setConfig({ testTimeout: 90_000 });

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);
const hasFfmpeg = (() => {
  try {
    return execFileSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' }).includes('libx264');
  } catch {
    return false;
  }
})();

/** A video of two seconds whose pictures all differ, without B pictures. */
function makeVideo(name: string, ...codec: string[]): string {
  const source = ['-f', 'lavfi', '-i', 'testsrc=size=160x96:rate=15:duration=2', '-pix_fmt', 'yuv420p'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...source, ...codec, inFolder(name)]);
  return inFolder(name);
}

const x264 = ['-c:v', 'libx264', '-bf', '0', '-g', '15', '-preset', 'ultrafast', '-qp', '10'];

function picture(sequence: number, keyFrame: boolean, bytes = 10): EncodedPicture {
  return new EncodedPicture(new AccessUnit({ codec: 'avc', data: new Uint8Array(bytes), keyFrame, sequence }), 0);
}

const numberOf = (feed: Feed) => (feed.take(0) as EncodedPicture | undefined)?.sequence;

describe('encoded pictures', () => {
  test('a slow viewer loses whole groups, never a picture that another one needs', () => {
    const feed = new Feed({ camera: undefined as never, width: 1, fps: Number.POSITIVE_INFINITY });
    for (let number = 1; number <= 5; number++) feed.putEncoded(picture(number, false));
    expect(feed.wait(0)).toBe(Number.POSITIVE_INFINITY); // nothing to begin with
    for (let number = 6; number <= 10; number++) feed.putEncoded(picture(number, number === 6));
    expect(numberOf(feed)).toBe(6);
    feed.putEncoded(picture(11, true));
    expect([numberOf(feed), numberOf(feed)]).toEqual([11, undefined]);
    expect(feed.skipped).toBe(9);
    for (let number = 12; number <= 400; number++) feed.putEncoded(picture(number, false));
    expect(feed.wait(0)).toBe(Number.POSITIVE_INFINITY); // more than 300 waited: until the next key frame
    feed.putEncoded(picture(401, true));
    expect(feed.wait(0)).toBe(0);
  });

  test('the group since the last key frame is kept for newcomers, up to 300 pictures and 16 MiB', () => {
    const group = new PictureGroup();
    group.add(picture(1, false));
    expect(group.pictures).toHaveLength(0);
    for (let number = 1; number <= 300; number++) group.add(picture(number, number === 1));
    expect(group.pictures).toHaveLength(300);
    group.add(picture(301, false));
    expect(group.pictures).toHaveLength(0);
    for (let number = 1; number <= 4; number++) group.add(picture(number, number === 1, 5 << 20));
    expect(group.pictures).toHaveLength(0);
  });
});

describe.skipIf(!hasFfmpeg)('H.264', () => {
  test('goes as it is to those who decode it, and as frames to the others', async () => {
    const video = makeVideo('clip.h264', ...x264);
    await using server = await serveView({ sources: [video] });
    const decoder = new StreamClient(server.url, 'camera=0&acknowledge=no&decodes=avc');
    const viewer = new StreamClient(server.url, 'camera=0&acknowledge=no');
    const [encoded, frame] = [await decoder.frame(), await viewer.frame()];
    expect(encoded?.header).toMatchObject({ encoding: pictureEncodings.h264, flags: 1 });
    expect(encoded?.text).toMatchObject({ codec: expect.stringMatching(/^avc1\.[0-9a-f]{6}$/) });
    expect(frame?.header).toMatchObject({ encoding: pictureEncodings.raw, width: 160, height: 96 });
    const sequences = [encoded?.header.sequence as number];
    for (let count = 0; count < 10; count++) sequences.push((await decoder.frame())?.header.sequence as number);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] as number) + index));
    decoder.close();
    viewer.close();
  });

  let browser: Browser | undefined;
  beforeAll(async () => {
    if (hasBrowser) browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.skipIf(!hasBrowser).each([
    ['clip.mp4', 'H.264', ...x264],
    ['clip.hevc', 'raw', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'],
  ])('%s in a browser: %s, every picture as ffmpeg decodes it', async (name, carried, ...codec) => {
    const video = makeVideo(name, ...codec);
    await using server = await serveView({ sources: [video] });
    const { page, complaints } = await openPage(browser as Browser, server.url, { width: 860, height: 360 });
    await waitForPicture(page, carried);
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('.status').textContent()).toContain('Paused');
    const download = page.waitForEvent('download');
    await page.getByLabel('Save the picture').selectOption({ label: 'numpy .npy' });
    const saved = readFileSync(await (await download).path());
    const format = carried === 'raw' ? 'rgb24' : 'yuv420p';
    const bytes = 160 * 96 * (format === 'rgb24' ? 3 : 1.5);
    const pixels = saved.subarray(saved.length - bytes);
    const all = execFileSync('ffmpeg', ['-v', 'error', '-i', video, '-f', 'rawvideo', '-pix_fmt', format, '-'], {
      maxBuffer: 1 << 26,
    });
    const same = Array.from({ length: all.length / bytes }, (_, index) =>
      all.subarray(index * bytes, (index + 1) * bytes),
    );
    expect(same.some((frame) => frame.equals(pixels))).toBe(true);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
