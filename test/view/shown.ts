import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Pixels as R, G, B. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  at(x: number, y: number): readonly [number, number, number];
}

/** A PNG's pixels, 8 bits. */
export function pixelsOf(png: Uint8Array): Pixels {
  const { width, height, data, channels } = decode(png);
  const at = (x: number, y: number): [number, number, number] => {
    const from = (y * width + x) * channels;
    const gray = channels < 3;
    return [0, 1, 2].map((channel) => Number(data[from + (gray ? 0 : channel)])) as [number, number, number];
  };
  return { width, height, at };
}

/** The picture on the screen, a pixel a dot, as the screen shows it: what a person sees is what is compared. */
export async function shownPixels(page: Page, size: { width: number; height: number }): Promise<Pixels> {
  await page.keyboard.press('1');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const screen = pixelsOf(await page.locator('.canvas-box canvas').screenshot());
  // As the viewport does: the picture's middle in the canvas's middle, in whole dots.
  const left = -Math.round(size.width / 2 - screen.width / 2);
  const top = -Math.round(size.height / 2 - screen.height / 2);
  return { ...size, at: (x, y) => screen.at(left + x, top + y) };
}

/** Waits until the page shows frames of that format and size. */
export async function waitForPicture(page: Page, words: string): Promise<void> {
  await expect.poll(() => page.locator('.status').textContent(), { timeout: 30_000 }).toContain(words);
  await expect.poll(() => page.locator('.chip').first().textContent(), { timeout: 30_000 }).toBe('Live');
}

/** The first places where two pictures differ by more than `most`, as lines to read. */
export function differences(
  shown: Pixels,
  wanted: (x: number, y: number) => readonly number[],
  most = 0,
): readonly string[] {
  const lines: string[] = [];
  for (let y = 0; y < shown.height && lines.length < 5; y++) {
    for (let x = 0; x < shown.width && lines.length < 5; x++) {
      const [is, should] = [shown.at(x, y), wanted(x, y)];
      if (is.some((value, channel) => Math.abs(value - (should[channel] as number)) > most)) {
        lines.push(`${x}, ${y}: shown ${is}, source ${should}`);
      }
    }
  }
  return lines;
}
