import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, expect, it } from 'vitest';
import { openSink } from '../../src/endpoints/registry.js';
import { allocateFrame, type Frame } from '../../src/frame/index.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-png-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A ramp from 0 to 4080: what a 12-bit camera gives. */
function ramp(metadata: Frame['metadata'] = { effectiveBits: 12 }): Frame {
  const frame = allocateFrame({ format: 'gray16le', width: 256, height: 2 }, { metadata });
  const samples = new Uint16Array(frame.data.buffer);
  for (let i = 0; i < samples.length; i++) samples[i] = (i % 256) * 16;
  return frame;
}

let count = 0;
async function written(options: string, frame = ramp()) {
  const place = join(folder, String(count++));
  const sink = await openSink(`png:${place}${options}`);
  await sink.write(frame);
  await sink.close();
  return decode(readFileSync(join(place, 'frame-000001.png')));
}

it('shows a 12-bit picture over its effective range, not black', async () => {
  const picture = await written('');
  expect(picture).toMatchObject({ depth: 8, channels: 1 });
  expect([picture.data[0], picture.data[128], picture.data[255]]).toEqual([0, 128, 254]);
});

it('writes 16-bit gray as it is where nothing is known of its bits, or where it is told to', async () => {
  for (const picture of [await written('', ramp({})), await written('?levels=none')]) {
    expect(picture.depth).toBe(16);
    expect(picture.data[255]).toBe(4080);
  }
});

it('takes a window, percentiles, or the bits from the address', async () => {
  const window = await written('?low=1600&high=3200');
  expect([window.data[100], window.data[150], window.data[200]]).toEqual([0, 128, 255]);
  const percentiles = await written('?levels=percentiles&lowPercent=25&highPercent=75', ramp({}));
  expect([percentiles.data[10], percentiles.data[250]]).toEqual([0, 255]);
  expect((await written('?bits=12', ramp({}))).data[255]).toBe(254);
});

it('colours gray by a map', async () => {
  const picture = await written('?map=viridis');
  expect(picture.channels).toBe(3);
  expect([...picture.data.subarray(0, 3)]).toEqual([0x44, 0x01, 0x54]);
});

it('refuses a window that is empty and names misspelled options', async () => {
  await expect(written('?low=9&high=9')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(written('?level=full')).rejects.toMatchObject({ code: 'BAD_URI' });
});
