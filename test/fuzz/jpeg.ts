import assert from 'node:assert/strict';
import { type Frame, frameBytes, frameOver } from '../../src/frame/index.js';
import { readJpegHeader, TurboJpeg } from '../../src/jpeg/index.js';
import type { FuzzTarget } from './main.js';

/** Small enough that a thousand pictures a second are decoded. */
const maxPixels = 4 * 1024 * 1024;
const turbo = new TurboJpeg({ maxPixels });
const guard = 64;

/** Real JPEGs, changed, through libjpeg-turbo; guard bytes behind the pixels must stay as they are. */
export function jpegTarget(): FuzzTarget {
  const seeds = (['gray8', 'rgb24'] as const).flatMap((format) =>
    (['420', '422', '444'] as const).map((subsampling) => turbo.encode(texture(format), { subsampling, quality: 85 })),
  );
  return { seeds, run };
}

function texture(format: 'gray8' | 'rgb24'): Frame {
  const spec = { format, width: 120, height: 90 };
  const bytes = Uint8Array.from({ length: frameBytes(spec) }, (_, index) => (index * 7 + ((index * index) >> 9)) & 255);
  return frameOver(spec, bytes);
}

function run(input: Uint8Array): void {
  const { width, height, components } = readJpegHeader(input, { maxPixels });
  const format = components === 1 ? 'gray8' : 'rgb24';
  const bytes = frameBytes({ format, width, height });
  assert(bytes <= 768 * input.length, 'memory on the word of a header');
  const memory = new Uint8Array(bytes + guard).fill(0xa5, bytes);
  turbo.decode(input, { format, into: memory.subarray(0, bytes) });
  assert(
    memory.subarray(bytes).every((byte) => byte === 0xa5),
    'written beyond the pixels',
  );
}
