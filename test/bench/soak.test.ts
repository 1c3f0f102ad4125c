import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { leakedBytes } from '../../bench/soak/parts/leak.js';
import type { Figures } from '../../bench/soak/run.js';

const main = fileURLToPath(new URL('../../bench/soak/main.ts', import.meta.url));

function soak(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...words], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

function figuresOf(stdout: string, part: string): Figures {
  return JSON.parse(stdout.trim().split('\n').at(-1) as string).parts[part];
}

test('a soak sees a leak of 106 bytes an iteration, to the byte, and fails', { timeout: 70_000 }, () => {
  const { status, stdout, stderr } = soak('tine', '--part', 'leak', '--iterations', '20000', '--json');
  expect(status, stderr).toBe(1);
  const { slopes, iterations } = figuresOf(stdout, 'leak');
  expect(iterations).toBe(20_000);
  expect(slopes.arrayBuffers?.slope).toBeCloseTo(leakedBytes, 1);
  expect(slopes.external?.verdict).toBe('grows');
  expect(slopes.openFiles).toMatchObject({ slope: 0, verdict: 'flat' });
});

test('the whole cycle can be soaked: raw and JPEG over the wire, no handle and no buffer lost', {
  timeout: 70_000,
}, () => {
  const { stdout, stderr } = soak('tine', '--part', 'cycle', '--iterations', '1000', '--json');
  const { slopes, perSecond } = figuresOf(stdout, 'cycle');
  expect(perSecond, stderr).toBeGreaterThan(50);
  for (const name of ['external', 'arrayBuffers']) expect(slopes[name]?.verdict, name).not.toBe('grows');
  for (const name of ['openFiles', 'handles']) expect(slopes[name]?.verdict, name).toBe('flat');
});

test.each([
  [['ring']],
  [['tine', '--part', 'nothing']],
  [['tine', '--iterations', '10']],
  [['tine', '--size', 'large']],
])('a soak of %j is refused with what is possible', (words) => {
  const { status, stderr } = soak(...words);
  expect(status).toBe(2);
  expect(stderr).toContain('usage: npm run soak -- tine');
});
