import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  isPixelFormat,
  type PixelFormat,
  pixelFormatCodes,
  pixelFormatInfo,
  pixelFormatOfCode,
  pixelFormats,
} from '../../src/frame/index.js';

test('every format is found again by its number, and numbers are not shared', () => {
  for (const format of pixelFormats) expect(pixelFormatOfCode(pixelFormatInfo(format).code)).toBe(format);
  expect(new Set(Object.values(pixelFormatCodes)).size).toBe(pixelFormats.length);
});

test('the numbers are those of docs/ring-layout.md', () => {
  const page = readFileSync(new URL('../../docs/ring-layout.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('### Pixel formats'), page.indexOf('### Metadata'));
  const documented = [...table.matchAll(/^\| ([\d, ]+?) *\| ([\w, ]+?) *\|/gm)].flatMap(([, numbers, names]) => {
    const words = (names as string).split(', ');
    return (numbers as string).split(', ').map((number, index) => [words[index], Number(number)]);
  });
  expect(Object.fromEntries(documented)).toEqual(pixelFormatCodes);
});

test('a number that stands for no format is undefined, a word that names none is refused', () => {
  expect(pixelFormatOfCode(0)).toBeUndefined();
  expect(pixelFormatOfCode(11)).toBeUndefined();
  for (const word of ['toString', '__proto__', 'RGB24', '']) {
    expect(isPixelFormat(word)).toBe(false);
    expect(() => pixelFormatInfo(word as PixelFormat)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  }
});
