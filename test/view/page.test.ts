import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runPipe } from '../../src/endpoints/pipe.js';
import { encodeNpy, type Frame, findLevels, frameOver, levelFrame } from '../../src/frame/index.js';
import { serveView, type ViewServer } from '../../src/view/index.js';
import { temporaryFolder } from '../endpoints/files.js';
import { hasBrowser, keepScreenshot, launchBrowser, openPage, type PageOptions, type WatchedPage } from './browser.js';
import { differences, pixelsOf, shownPixels, waitForPicture } from './shown.js';
import { StillRing } from './still-ring.js';

// A browser that draws on the processor is slow where others work too.
vi.setConfig({ testTimeout: 90_000 });

const size = { width: 120, height: 80 } as const;
const folder = temporaryFolder();

/** A spot of 12 bits on a dark ground, as a beam on a screen. */
function beam(): Frame {
  const samples = new Uint16Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const distance = ((x - 70.5) / 12) ** 2 + ((y - 30.5) / 6) ** 2;
      samples[y * size.width + x] = 100 + Math.round(3800 * Math.exp(-distance / 2));
    }
  }
  const metadata = { effectiveBits: 12, 'tine.xScale': 0.05, 'tine.yScale': 0.05, exposure_ms: 4.5 };
  return frameOver({ format: 'gray16le', ...size }, new Uint8Array(samples.buffer), { metadata });
}

describe.skipIf(!hasBrowser)('the page', () => {
  let browser: Browser;
  let ring: StillRing;
  let server: ViewServer;
  const open: WatchedPage[] = [];
  const frame = beam();

  beforeAll(async () => {
    browser = await launchBrowser();
    ring = new StillRing();
    ring.show(frame);
    server = await serveView({ sources: [ring.address] });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    ring?.[Symbol.dispose]();
  });

  async function look(url = server.url, options: PageOptions = { width: 860, height: 420 }): Promise<Page> {
    const watched = await openPage(browser, url, options);
    open.push(watched);
    return watched.page;
  }

  async function done(page: Page): Promise<void> {
    const { complaints } = open.find((one) => one.page === page) as WatchedPage;
    expect(complaints).toEqual([]);
    await page.context().close();
  }

  const field = (page: Page, name: string) => page.getByRole('spinbutton', { name });

  async function saved(page: Page, form: string): Promise<{ name: string; bytes: Buffer }> {
    const download = page.waitForEvent('download');
    await page.getByLabel('Save the picture').selectOption({ label: form });
    const file = await download;
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  }

  test('levels: full range, percentiles, a window by number, by handle and by dragging, and colours', async () => {
    const page = await look();
    await waitForPicture(page, 'gray16le');
    await expect.poll(() => field(page, 'White').inputValue()).toBe('4095');
    await page.getByRole('button', { name: 'Auto' }).click();
    const wanted = findLevels(frame, { mode: 'percentiles', lowPercent: 0.5, highPercent: 99.8 });
    await expect.poll(() => field(page, 'Black').inputValue()).toBe(String(wanted.low));
    expect(await field(page, 'White').inputValue()).toBe(String(wanted.high));

    await field(page, 'Black').fill('500');
    await field(page, 'Black').press('Enter');
    await field(page, 'White').fill('1500');
    await field(page, 'White').press('Enter');
    await page.getByLabel('Colour map').selectOption('viridis');
    await page.locator('canvas[tabindex]').focus();
    const window = levelFrame(frame, { mode: 'window', low: 500, high: 1500, colourMap: 'viridis' });
    const rgb = (x: number, y: number) => [
      ...window.data.subarray(3 * (y * size.width + x), 3 * (y * size.width + x) + 3),
    ];
    expect(differences(await shownPixels(page, size), rgb)).toEqual([]);

    const histogram = (await page.locator('.histogram').boundingBox()) as { x: number; y: number; width: number };
    await page.mouse.move(histogram.x + histogram.width * 0.36, histogram.y + 20);
    await page.mouse.down();
    await page.mouse.move(histogram.x + histogram.width * 0.75, histogram.y + 20, { steps: 3 });
    await page.mouse.up();
    expect(Number(await field(page, 'White').inputValue())).toBeGreaterThan(2900);
    expect(await field(page, 'Black').inputValue()).toBe('500');

    await page.getByRole('button', { name: 'Levels by dragging (W)' }).click();
    const canvas = (await page.locator('canvas[tabindex]').boundingBox()) as { x: number; y: number };
    await page.mouse.move(canvas.x + 100, canvas.y + 100);
    await page.mouse.down();
    await page.mouse.move(canvas.x + 160, canvas.y + 100, { steps: 3 });
    await page.mouse.up();
    expect(Number(await field(page, 'Black').inputValue())).toBeGreaterThan(500);
    await done(page);
  });

  test('saving: PNG as shown, PNG of the numbers, .npy to the last byte', async () => {
    const page = await look();
    await waitForPicture(page, 'gray16le');
    const npy = await saved(page, 'numpy .npy');
    expect(npy.name).toMatch(/^shm-view-.*\.npy$/);
    expect(npy.bytes.equals(encodeNpy(frame))).toBe(true);
    const numbers = await saved(page, 'PNG of the numbers');
    expect(numbers.bytes[24]).toBe(16); // bits a sample, RFC 2083 section 4.1.1
    const shown = pixelsOf((await saved(page, 'PNG as shown')).bytes);
    const full = levelFrame(frame);
    expect(differences(shown, (x, y) => Array(3).fill(full.data[y * size.width + x]))).toEqual([]);
    await done(page);
  });

  test('saving the original of a TINE image gives the bytes that the camera sent, JPEG and all', async () => {
    const file = path.join(folder, 'camera.tine');
    await runPipe({ source: 'test:64x48?fps=0&frames=1&pattern=bars', sinks: [`tine-file:${file}?encoding=jpeg`] });
    await using camera = await serveView({ sources: [`tine-file:${file}`] });
    const page = await look(camera.url);
    await waitForPicture(page, '64 × 48');
    await expect.poll(() => page.getByLabel('Save the picture').textContent()).toContain('Original TINE image');
    expect((await saved(page, 'Original TINE image')).bytes.equals(readFileSync(file))).toBe(true);
    await done(page);
  });

  test('keyboard only: cross, value, millimetres, line, region, levels, pause, step, help', async () => {
    const page = await look();
    await waitForPicture(page, 'gray16le');
    const words = (name: string) => page.locator(`[data-name="${name}"]`).textContent();
    await page.keyboard.press('ArrowRight'); // from the middle
    await expect.poll(() => words('place')).toBe('61, 40');
    for (let step = 0; step < 1; step++) await page.keyboard.press('Shift+ArrowUp');
    await page.keyboard.press('Shift+ArrowRight');
    await expect.poll(() => words('place')).toBe('71, 30');
    const sample = (x: number, y: number) => new Uint16Array(frame.data.buffer)[y * size.width + x];
    await expect.poll(() => words('value')).toBe(`gray ${sample(71, 30)}`);
    expect(await words('position')).toBe('3.550, 1.500 mm');
    await page.keyboard.press('g');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('g');
    const mean = ((sample(71, 30) as number) + (sample(72, 30) as number)) / 2;
    await expect.poll(async () => Number(await words('Mean gray'))).toBeCloseTo(mean, 0);
    await expect.poll(() => page.getByLabel(/^(Columns|Rows) of the region in mean gray/).count()).toBe(2);
    await page.keyboard.press('l');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('l');
    await expect.poll(() => page.getByLabel(/^Line profile in/).count()).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByLabel(/^Line profile in/).count()).toBe(0);
    await page.keyboard.press('a');
    expect(await page.getByRole('button', { name: 'Auto' }).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('.status').textContent()).toContain('Paused');
    await page.keyboard.press('?');
    await expect.poll(() => page.getByRole('dialog').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    await done(page);
  });

  test('every control has a name that a screen reader can say', async () => {
    const page = await look();
    await waitForPicture(page, 'gray16le');
    for (const title of ['Metadata', 'Read this source']) await page.getByText(title, { exact: true }).click();
    await expect.poll(() => page.getByRole('button', { name: /^Copy: / }).count()).toBeGreaterThan(1);
    expect(await page.locator('pre').allTextContents()).toContain(`framelane view 'shm:${ring.name}'`);
    const controls = page.locator('button, select, input, summary, canvas[tabindex], nav a');
    const snapshot = await page.locator('body').ariaSnapshot();
    expect(await controls.count()).toBeGreaterThan(25);
    expect(snapshot).not.toMatch(/- (button|combobox|spinbutton|checkbox|link)(:| \[|$)/m);
    expect(snapshot).toContain('img "Live picture of');
    await done(page);
  });

  test('what is known of a beam: where it is and how wide, in pixels and millimetres', async () => {
    const page = await look();
    await waitForPicture(page, 'gray16le');
    const words = (name: string) => page.locator(`[data-name="${name}"]`).textContent();
    // Of the Gaussian above: numpy's numbering of pixels, and 2.355 sigma.
    await expect.poll(() => words('centre')).toBe('70.5, 30.5 = 3.525, 1.525 mm');
    const [, across, down] = /^([\d.]+), ([\d.]+) = 1\.4\d\d, 0\.7\d\d mm$/.exec((await words('width')) ?? '') ?? [];
    expect(Number(across)).toBeCloseTo(2.355 * 12, 0);
    expect(Number(down)).toBeCloseTo(2.355 * 6, 0);
    const samples = new Uint16Array(frame.data.buffer);
    const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
    expect(Number(await words('Mean gray'))).toBeCloseTo(mean, 1);
    expect(await words('Max gray')).toBe(String(samples.reduce((most, value) => Math.max(most, value), 0)));
    await done(page);
  });

  test('pause and step: back through what was seen, on to what comes next', async () => {
    await using camera = await serveView({ sources: ['test:96x64?format=gray8&fps=20'] });
    const page = await look(camera.url);
    const number = async () => Number(/Frame (\d+)/.exec((await page.locator('.status').textContent()) ?? '')?.[1]);
    await waitForPicture(page, '96 × 64');
    await expect.poll(number).toBeGreaterThan(10);
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('.status').textContent()).toContain('Paused');
    const stopped = await number();
    await page.waitForTimeout(300);
    expect(await number()).toBe(stopped);
    await page.keyboard.press(',');
    await page.keyboard.press(',');
    await expect.poll(number).toBeLessThan(stopped);
    await page.keyboard.press('.');
    await page.keyboard.press('.');
    await expect.poll(number).toBe(stopped);
    await page.keyboard.press('.');
    await expect.poll(number).toBeGreaterThan(stopped);
    await page.keyboard.press('Space');
    const later = await number();
    await expect.poll(number).toBeGreaterThan(later + 3);
    await done(page);
  });

  test('a source that falls silent, dies, and comes back: each is said, none is a frozen picture', async () => {
    const camera = new StillRing();
    camera.show(frame);
    await using own = await serveView({ sources: [camera.address] });
    const page = await look(own.url);
    const veil = () =>
      page
        .locator('.veil')
        .textContent({ timeout: 500 })
        .catch(() => '');
    await waitForPicture(page, 'gray16le');
    camera.fallSilent();
    await expect.poll(veil, { timeout: 15_000 }).toMatch(/No frames since [2-9]/);
    await keepScreenshot(page, 'silent');
    camera.show(frame);
    await expect.poll(veil).toBe('');
    camera[Symbol.dispose]();
    await expect
      .poll(veil, { timeout: 15_000 })
      .toMatch(/there is no ring .*start its producer first.*next attempt in/);
    using again = new StillRing(8, camera.name);
    again.show(frame);
    await waitForPicture(page, 'gray16le');
    expect(await veil()).toBe('');
    await done(page);
  });

  test('a server that goes away is said, and its pictures are back once it is', async () => {
    const first = await serveView({ sources: [ring.address] });
    const port = Number(new URL(first.url).port);
    const { page } = await openPage(browser, first.url, { width: 860, height: 420 });
    await waitForPicture(page, 'gray16le');
    await first.close();
    await expect.poll(() => page.locator('.veil').textContent()).toMatch(/No connection to the server .* next attempt/);
    await using second = await serveView({ sources: [ring.address], port });
    expect(second.viewers).toBe(0);
    await waitForPicture(page, 'gray16le');
    await page.context().close();
  });

  test('two viewers, one on a slow link: it gets smaller pictures that stay young, the other everything', async () => {
    await using camera = await serveView({ sources: ['test:640x480?pattern=bars&fps=15'] });
    const quick = await look(camera.url);
    const slow = await look(camera.url);
    const session = await slow.context().newCDPSession(slow);
    const link = { offline: false, latency: 20, downloadThroughput: 1_000_000, uploadThroughput: 1_000_000 };
    await session.send('Network.emulateNetworkConditions', link);
    await slow.reload();
    await waitForPicture(quick, 'rgb24');
    await expect.poll(() => slow.locator('.status').textContent(), { timeout: 45_000 }).toMatch(/lossy|pixel/);
    const ages: number[] = [];
    for (let look = 0; look < 10; look++) {
      const words = (await slow.locator('.status').textContent()) ?? '';
      const [, number, unit] = /Age ([\d.]+) (ms|s)/.exec(words) ?? [];
      ages.push(Number(number) * (unit === 's' ? 1000 : 1));
      await slow.waitForTimeout(100);
    }
    expect(Math.min(...ages)).toBeLessThan(1500);
    expect(await quick.locator('.status').textContent()).toContain('raw');
    await done(quick);
    await done(slow);
  });

  test('a grid of cameras says how each is, and opens one in large by keyboard', async () => {
    const sources = [
      ring.address,
      'test:640x360?pattern=bars',
      'shm:nobody-publishes-this',
      'test:320x240?format=nv12&pattern=gradient',
    ];
    await using many = await serveView({ sources });
    const page = await look(many.url, { width: 1280, height: 800 });
    await expect.poll(() => page.locator('.tile .chip.live').count(), { timeout: 15_000 }).toBe(3);
    await expect.poll(() => page.locator('.tile.trouble').textContent()).toContain('there is no ring');
    await keepScreenshot(page, 'grid');
    await page.getByRole('button', { name: /^test:640x360/ }).focus();
    await page.keyboard.press('Enter');
    await waitForPicture(page, '640 × 360 rgb24');
    await done(page);
  });

  test('screenshots to look at: a 12-bit view dark and light, and on a phone', async () => {
    for (const [name, options] of [
      ['gray12-dark', { width: 1280, height: 800 }],
      ['gray12-light', { width: 1280, height: 800, colorScheme: 'light' }],
      ['phone', { width: 390, height: 844, touch: true }],
    ] as const) {
      const page = await look(server.url, options);
      await waitForPicture(page, 'gray16le');
      await page.getByLabel('Colour map').selectOption('turbo');
      await page.keyboard.press('Escape');
      await keepScreenshot(page, name);
      await done(page);
    }
  });
});
