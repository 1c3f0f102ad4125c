import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runPipe } from '../../src/endpoints/pipe.js';
import { openSource } from '../../src/endpoints/registry.js';
import {
  copyFrame,
  type Frame,
  frameLayout,
  frameOver,
  type Metadata,
  type PixelFormat,
  toRgb,
} from '../../src/frame/index.js';
import { serveView, type ViewServer } from '../../src/view/index.js';
import { temporaryFolder } from '../endpoints/files.js';
import { hasBrowser, launchBrowser, openPage } from './browser.js';
import { differences, shownPixels, waitForPicture } from './shown.js';
import { StillRing } from './still-ring.js';

// A browser that draws on the processor is slow where others work too.
vi.setConfig({ testTimeout: 90_000 });

const size = { width: 160, height: 90 } as const;

/** A small window: the processor draws. */
const small = { width: 860, height: 360 } as const;
const folder = temporaryFolder();

/** A frame with other numbers in every pixel, padded by so many bytes a row. */
function busyFrame(format: PixelFormat, padding = 0, bits = 16): Frame {
  const packed = frameLayout({ format, ...size });
  const strides = packed.planes.map(({ rowBytes }) => rowBytes + padding);
  const { bytes, planes } = frameLayout({ format, ...size, strides });
  const data = Uint8Array.from({ length: bytes }, (_, at) => (at * 167 + (at >> 8) * 29) & 255);
  if (format.endsWith('16le')) {
    for (const { offset, stride, rows } of planes) {
      for (let row = 0; row < rows; row++) {
        for (let x = 1; x < 2 * size.width; x += 2)
          data[offset + row * stride + x] = (row * 3 + x * 5) & ((1 << (bits - 8)) - 1);
      }
    }
  }
  const metadata: Metadata = bits < 16 ? { effectiveBits: bits } : {};
  return frameOver({ format, ...size, strides }, data, { metadata });
}

/** A pixel as the library's own conversion gives it. */
function rgbAt(frame: Frame): (x: number, y: number) => readonly number[] {
  const rgb = toRgb(frame);
  const step = { gray8: 1, rgb24: 3, rgba32: 4 }[rgb.format as string] as number;
  const channels = step === 1 ? [0, 0, 0] : [0, 1, 2];
  return (x, y) => channels.map((channel) => rgb.data[y * rgb.stride + x * step + channel] as number);
}

async function framesOf(address: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of await openSource(address)) {
    frames.push(copyFrame(frame));
    frame.release();
  }
  return frames;
}

function sample16(frame: Frame, x: number, y: number): number {
  const at = y * frame.stride + 2 * x;
  return (frame.data[at] as number) | ((frame.data[at + 1] as number) << 8);
}

describe.skipIf(!hasBrowser)('pixels on the screen are the numbers of the source', () => {
  let browser: Browser;
  let server: ViewServer;
  let ring: StillRing;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
    ring = new StillRing();
    server = await serveView({ sources: [ring.address] });
    ring.show(busyFrame('gray8'));
    ({ page, complaints } = await openPage(browser, server.url, small));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    ring?.[Symbol.dispose]();
  });

  const shows = async (frame: Frame) => {
    ring.show(frame);
    await waitForPicture(page, `${frame.width} × ${frame.height} ${frame.format}`);
    return shownPixels(page, size);
  };

  test.each([
    ['gray8', 0],
    ['gray8', 5],
    ['rgb24', 0],
    ['rgb24', 7],
    ['bgr24', 1],
    ['rgba32', 12],
    ['bgra32', 0],
    ['bgrx32', 3],
    ['yuyv422', 0],
    ['nv12', 0],
    ['i420', 9],
    ['bayer_rggb8', 0],
    ['bayer_gbrg8', 3],
    ['bayer_grbg8', 0],
    ['bayer_bggr8', 0],
  ] as const)('%s, rows padded by %i bytes', async (format, padding) => {
    const frame = busyFrame(format, padding);
    expect(differences(await shows(frame), rgbAt(frame))).toEqual([]);
  });

  test.each([0, 6, 7])('gray16le of 12 bits, rows padded by %i bytes: 4095 is white', async (padding) => {
    const frame = busyFrame('gray16le', padding, 12);
    const wanted = (x: number, y: number) => Array(3).fill(Math.round((255 * sample16(frame, x, y)) / 4095));
    expect(differences(await shows(frame), wanted)).toEqual([]);
  });

  test('the value under the pointer is the number in memory, with its place', async () => {
    const frame = busyFrame('gray16le', 6, 12);
    await shows(frame);
    const box = (await page.locator('.canvas-box canvas').boundingBox()) as {
      width: number;
      height: number;
      x: number;
      y: number;
    };
    const left = box.x - Math.round(size.width / 2 - box.width / 2);
    const top = box.y - Math.round(size.height / 2 - box.height / 2);
    await page.mouse.move(left + 17.5, top + 42.5);
    await expect.poll(() => page.locator('[data-name=place]').textContent()).toBe('17, 42');
    await expect.poll(() => page.locator('[data-name=value]').textContent()).toBe(`gray ${sample16(frame, 17, 42)}`);
    await page.mouse.move(0, 0);
  });

  test('16-bit gray of which nobody says how many bits count is not black: levels by the picture', async () => {
    const narrow = busyFrame('gray16le', 0, 12);
    const unknown = frameOver({ format: 'gray16le', ...size }, narrow.data.slice());
    const other = await openPage(browser, server.url, small);
    ring.show(unknown);
    await waitForPicture(other.page, 'gray16le');
    await expect.poll(() => other.page.getByRole('spinbutton', { name: 'White' }).inputValue()).not.toBe('65535');
    const pixels = await shownPixels(other.page, size);
    const values = Array.from({ length: 160 }, (_, x) => pixels.at(x, 40)[0]);
    expect(Math.max(...values)).toBe(255);
    expect(other.complaints).toEqual([]);
    await other.page.context().close();
  });

  test('the browser has nothing to complain of', () => {
    expect(complaints).toEqual([]);
  });

  test('a JPEG of a TINE camera: the pixels that the decoder gives', async () => {
    const file = path.join(folder, 'camera.tine');
    await runPipe({
      source: 'test:160x90?fps=0&frames=1&pattern=gradient',
      sinks: [`tine-file:${file}?encoding=jpeg`],
    });
    const address = `tine-file:${file}`;
    await using camera = await serveView({ sources: [address] });
    const [frame] = await framesOf(address);
    const other = await openPage(browser, camera.url, small);
    await waitForPicture(other.page, '160 × 90 rgb24');
    expect(differences(await shownPixels(other.page, size), rgbAt(frame as Frame))).toEqual([]);
    await other.page.context().close();
  });

  test('pictures that are compressed for a slow link are close, and said to be lossy', async () => {
    const smooth = busyFrame('rgb24');
    smooth.data.set(smooth.data.map((_, at) => Math.floor((at % 480) / 2)));
    ring.show(smooth);
    await waitForPicture(page, 'rgb24');
    await page.getByLabel('How pixels are sent').selectOption('jpeg');
    await waitForPicture(page, 'lossy');
    expect(differences(await shownPixels(page, size), rgbAt(smooth), 24)).toEqual([]);
    await page.getByLabel('How pixels are sent').selectOption('half');
    await waitForPicture(page, 'every 2. pixel');
    const half = await shownPixels(page, size);
    const wanted = rgbAt(smooth);
    expect(differences(half, (x, y) => wanted(x - (x % 2), y - (y % 2)))).toEqual([]);
  });
});
