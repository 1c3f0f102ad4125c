import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DecodedSource } from '../../src/endpoints/decoded-source.js';
import { openUnitSource } from '../../src/endpoints/registry.js';
import { ShownOrder } from '../../src/endpoints/shown-order.js';
import { AccessUnit } from '../../src/nal/index.js';
import { hasFfmpeg } from '../nal/streams.js';
import { temporaryFolder } from './files.js';

const needsFfmpeg = test.skipIf(!hasFfmpeg);
const folder = temporaryFolder();

const x264 = (parameters: string, ...more: string[]) => ['-c:v', 'libx264', '-x264-params', parameters, ...more];
const x265 = (parameters: string) => ['-c:v', 'libx265', '-x265-params', `log-level=none:${parameters}`];

/** Reordering as deep as encoders go, across key frames of all kinds, and none. */
const streams: Record<string, string[]> = {
  'pyramid.264': x264('bframes=8:b-pyramid=normal:b-adapt=0:keyint=30'),
  'open.264': x264('bframes=3:open-gop=1:keyint=12:b-adapt=0'),
  'long.264': x264('bframes=2:keyint=infinite:ref=2'),
  'interlaced.264': x264('bframes=2:keyint=20', '-flags', '+ildct+ilme'),
  'none.264': x264('bframes=0'),
  'zerolatency.264': x264('keyint=20', '-tune', 'zerolatency', '-preset', 'ultrafast'),
  'pyramid.265': x265('bframes=8:b-pyramid=1:b-adapt=0:keyint=30'),
  'open.265': x265('bframes=4:open-gop=1:keyint=12:b-adapt=0'),
  'layers.265': x265('bframes=4:temporal-layers=1:keyint=25'),
  'none.265': x265('bframes=0'),
};

/** The stream in a container, which knows the times, and by itself. */
function make(name: string): { stream: string; ranks: number[] } {
  const [stream, container] = [path.join(folder, name), path.join(folder, `${name}.mkv`)];
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25', '-frames:v', '100', '-pix_fmt', 'yuv420p'];
  const run = (...args: string[]) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args], { stdio: 'ignore' });
  run(...input, ...(streams[name] as string[]), '-y', container);
  run('-i', container, '-c', 'copy', '-y', stream);
  const show = ['-v', 'error', '-show_entries', 'packet=pts', '-of', 'csv=p=0', container];
  const times = execFileSync('ffprobe', show, { encoding: 'utf8' }).trim().split('\n').map(Number.parseFloat);
  const shown = [...times].sort((one, other) => one - other);
  return { stream, ranks: times.map((time) => shown.indexOf(time)) };
}

needsFfmpeg.each(Object.keys(streams))('pictures are shown when the container says: %s', async (name) => {
  const { stream, ranks } = make(name);
  await using source = await openUnitSource(stream);
  const places: number[] = [];
  for await (const unit of source) places.push((unit.timestamp as number) / 3600);
  expect(places).toEqual(ranks);
  const decoded: number[] = [];
  for await (const frame of new DecodedSource(await openUnitSource(stream))) {
    decoded.push(ranks[frame.sequence - 1] as number);
    frame.release();
  }
  expect(decoded).toEqual([...Array(100).keys()]);
});

needsFfmpeg('another rate counts its own timestamps, and a loop counts on', async () => {
  const { stream } = make('none.264');
  const times: number[] = [];
  for await (const unit of await openUnitSource(`file:${stream}?fps=1000&loop`)) {
    times.push(unit.timestamp as number);
    if (times.length === 150) break;
  }
  expect(times).toEqual([...Array(150).keys()].map((index) => index * 90));
});

test('pictures whose order cannot be read are shown as they come', () => {
  const order = new ShownOrder('hevc');
  const unit = new AccessUnit({ codec: 'hevc', data: Uint8Array.of(2, 1, 0x80), nalUnits: Uint32Array.of(0, 3) });
  const placed = [...order.push(unit), ...order.push(unit), ...order.push(unit), ...order.end()];
  expect(placed.map(({ place }) => place)).toEqual([0, 1, 2]);
});
