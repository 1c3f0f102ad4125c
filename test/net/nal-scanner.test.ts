import { afterEach, expect, it, vi } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import { nalUnitsOf, noOpenUnit, scanNalUnits } from '../../src/nal/index.js';
import { native } from '../../src/native.js';

afterEach(() => {
  vi.resetModules();
  vi.doUnmock('../../src/native.js');
});

async function freshScanner() {
  const { nalScanner } = await import('../../src/net/nal-scanner.js');
  return nalScanner();
}

it('is the addon where that loads', async () => {
  const findNalUnits = vi.fn(() => 0);
  vi.doMock('../../src/native.js', () => ({ native: () => ({ findNalUnits }) }));
  const data = new Uint8Array(9);
  const into = new Uint32Array(4);
  (await freshScanner())(data, into, 2, noOpenUnit);
  expect(findNalUnits).toHaveBeenCalledExactlyOnceWith(data, into, 2, noOpenUnit);
});

it('is TypeScript where the addon is missing', async () => {
  vi.doMock('../../src/native.js', () => ({
    native: () => {
      throw new FramelaneError('NATIVE_MISSING', 'not built');
    },
  }));
  const scan = await freshScanner();
  expect(scan.toString()).toBe(scanNalUnits.toString());
  expect([...nalUnitsOf(Uint8Array.of(0, 0, 1, 7), scan)]).toEqual([3, 1]);
});

it('keeps its kernel when asked for one that this processor has not', () => {
  const kernel = native().scanKernel();
  expect(native().scanKernel('abacus')).toBe(kernel);
  expect(native().scanKernel(process.arch === 'x64' ? 'neon' : 'avx2')).toBe(kernel);
});
