/**
 * TINE images to arrays: every kind of image at three sizes, against what Python and JavaScript have, on the same bytes.
 * Contenders take turns, so that a noisy moment hits them all; medians. Ours decodes into recycled memory, Python's
 * decoders make theirs anew, as their users do. libjpeg-turbo runs with its fast DCT here and its slow one in Python.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jpegJs from 'jpeg-js';
import { TurboJpeg } from '../src/jpeg/index.js';
import { native } from '../src/native.js';
import { ImageDecoder, imageHeaderBytes } from '../src/tine/index.js';
import type { BenchOptions } from './main.js';
import { machine } from './ring/machine.js';
import { median } from './ring/statistics.js';
import { type Kind, kinds, makeImages, type SizeName, sizes, viewKinds } from './tine/pictures.js';
import { PythonRivals } from './tine/python.js';

/** Median milliseconds an image of each contender. */
type Row = Record<string, number>;

const decoder = new ImageDecoder({ jpeg: new TurboJpeg(), swap16: native().copySwapped16 });

/** Measures and prints; see {@link BenchOptions}. */
export async function run(options: BenchOptions): Promise<void> {
  await using python = await PythonRivals.start();
  const folder = mkdtempSync(join(tmpdir(), 'framelane-bench-'));
  const results: Record<string, Record<string, Row>> = {};
  try {
    for (const size of Object.keys(sizes) as SizeName[]) {
      results[size] = await measureSize(size, python, folder, options.quick ? 5 : 25);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const summary = summarise(results);
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(24)} ${value}`);
  if (options.json) {
    console.log(
      JSON.stringify({ bench: 'tine', ...summary, ms: results, versions: python.versions, machine: machine() }),
    );
  }
}

async function measureSize(size: SizeName, python: PythonRivals, folder: string, rounds: number) {
  const images = makeImages(size);
  const rows: Record<string, Row> = {};
  for (const kind of kinds) {
    const file = join(folder, `${size}-${kind}.tine`);
    writeFileSync(file, images[kind]);
    const row = await measureKind(images[kind], kind, file, python, kind === 'png' ? Math.min(rounds, 5) : rounds);
    rows[kind] = row;
    const figures = Object.entries(row).map(([name, ms]) => `${name} ${shown(ms)} (${Math.round(1000 / ms)}/s)`);
    console.log(`${size.padEnd(8)} ${kind.padEnd(9)} ${figures.join('   ')}`);
    rmSync(file);
  }
  return rows;
}

const shown = (ms: number) => (ms < 0.1 ? `${(1000 * ms).toFixed(2)} us` : `${ms.toFixed(2)} ms`);

async function measureKind(
  image: Uint8Array,
  kind: Kind,
  file: string,
  python: PythonRivals,
  rounds: number,
): Promise<Row> {
  const times = kind === 'png' ? 1 : 3;
  const own = ownContenders(image, kind);
  const samples: Record<string, number[]> = {};
  const note = (name: string, values: number[] = []) => {
    samples[name] = [...(samples[name] ?? []), ...values];
  };
  for (let round = -1; round < rounds; round++) {
    if (round === 0) for (const name of Object.keys(samples)) samples[name] = []; // the first was for warming up
    for (const [name, decode] of Object.entries(own)) note(name, timed(decode, batchOf(kind), times));
    for (const rival of ['numpy', 'cv2', 'pillow']) note(rival, await python.measure(rival, kind, file, times));
  }
  const measured = Object.entries(samples).filter(([, values]) => values.length > 0);
  return Object.fromEntries(measured.map(([name, values]) => [name, median(values)]));
}

/** Calls between two looks at the clock: enough that the compiler has seen what takes microseconds. */
function batchOf(kind: Kind): number {
  if (viewKinds.includes(kind)) return 20_000;
  return kind === 'gray16be' ? 100 : 1;
}

/** Milliseconds of one call, `times` over, each the mean of a batch. */
function timed(decode: () => void, batch: number, times: number): number[] {
  return Array.from({ length: times }, () => {
    const began = process.hrtime.bigint();
    for (let turn = 0; turn < batch; turn++) decode();
    return Number(process.hrtime.bigint() - began) / 1e6 / batch;
  });
}

function ownContenders(image: Uint8Array, kind: Kind): Record<string, () => void> {
  const contenders: Record<string, () => void> = { framelane: () => decodeFrame(image) };
  if (viewKinds.includes(kind)) contenders.array = () => decoder.toArray(image);
  if (kind === 'gray16be') {
    const pixels = image.subarray(imageHeaderBytes);
    const copy = new Uint8Array(pixels.length);
    contenders.memcpy = () => copy.set(pixels);
  }
  if (kind.startsWith('jpeg')) {
    const jpeg = image.subarray(imageHeaderBytes);
    contenders['jpeg-js'] = () => jpegJs.decode(jpeg, { useTArray: true, formatAsRGBA: false });
  }
  return contenders;
}

/** To pixels that can be read, and back. */
function decodeFrame(image: Uint8Array): void {
  const frame = decoder.toFrame(image);
  if (frame.data.length === 0) throw new Error('no pixels');
  frame.release();
}

/** The figures that are promised. */
function summarise(results: Readonly<Record<string, Record<string, Row>>>): Record<string, number> {
  const ms = (size: SizeName, kind: Kind, name: string) => results[size]?.[kind]?.[name] ?? Number.NaN;
  const views = Object.keys(sizes).flatMap((size) =>
    viewKinds.flatMap((kind) => [ms(size as SizeName, kind, 'framelane'), ms(size as SizeName, kind, 'array')]),
  );
  const figures = {
    jpegRgb1080OverCv2: ms('1080p', 'jpegRgb', 'framelane') / ms('1080p', 'jpegRgb', 'cv2'),
    jpegGray1080OverCv2: ms('1080p', 'jpegGray', 'framelane') / ms('1080p', 'jpegGray', 'cv2'),
    pillowOverJpegRgb1080: ms('1080p', 'jpegRgb', 'pillow') / ms('1080p', 'jpegRgb', 'framelane'),
    rawView_us: 1000 * Math.max(...views), // the slowest of all raw kinds, sizes, frames and arrays
    gray16beOverMemcpy: ms('1080p', 'gray16be', 'framelane') / ms('1080p', 'gray16be', 'memcpy'),
    jpegJsOverJpegRgb1080: ms('1080p', 'jpegRgb', 'jpeg-js') / ms('1080p', 'jpegRgb', 'framelane'),
  };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 1000) / 1000]));
}
