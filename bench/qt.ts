/**
 * Ten 1080p images from a Qt program to numpy arrays in Python: as `QDataStream << QVector<QImage>` does it, as PNG, as
 * raw image list in QSharedMemory, and through the ring, copied into it or drawn in it. Time runs from the moment at which
 * the Qt program has its QVector (or has drawn) to that at which Python has ten arrays and has touched each. Ways take
 * turns; medians. Needs Qt (6, or 5 with FRAMELANE_QT=5), g++, pkg-config, and a Python with numpy and OpenCV.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './main.js';
import { Talk } from './qt/talk.js';
import { type Machine, machine } from './ring/machine.js';
import { median } from './ring/statistics.js';
import { pythonPath, root } from './ring/tools.js';

/** What is in the images: drawings with a camera's noise over them, or the drawings alone. */
const contents = ['noisy', 'clean'] as const;
type Content = (typeof contents)[number];

/** Ways to hand them over; memcpy stays in the Qt program. */
const ways = ['qdatastream', 'png', 'ring', 'canvas', 'memcpy', 'list'] as const;
type Way = (typeof ways)[number];

/** Median milliseconds of ten images. */
export type Milliseconds = Readonly<Record<Content, Readonly<Record<Way, number>>>>;

/** What a run found; the last line of standard output with --json. */
export interface QtResults {
  readonly bench: 'qt';
  /** Against images that were drawn in the ring. */
  readonly qdatastreamOverRing: Readonly<Record<Content, number>>;
  /** Against images that are copied into the ring, send(QVector<QImage>). */
  readonly qdatastreamOverRingCopied: Readonly<Record<Content, number>>;
  readonly pngOverRing: Readonly<Record<Content, number>>;
  readonly imageListOverMemcpy: number;
  readonly ms: Milliseconds;
  /** Versions. */
  readonly qt: string;
  readonly python: Readonly<Record<string, string>>;
  readonly machine: Machine;
}

/** Measures and prints; see {@link BenchOptions}. */
export async function run(options: BenchOptions): Promise<void> {
  const found = machine();
  const folder = mkdtempSync(join(tmpdir(), 'framelane-bench-'));
  try {
    const results = { bench: 'qt' as const, ...(await measure(folder, options.quick)), machine: found };
    print(results);
    if (options.json) console.log(JSON.stringify(results));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(folder: string): string {
  const wanted = process.env.FRAMELANE_QT === undefined ? ['6', '5'] : [process.env.FRAMELANE_QT];
  const version = wanted.find((major) => {
    try {
      return execFileSync('pkg-config', ['--exists', `Qt${major}Gui`]) !== undefined;
    } catch {
      return false;
    }
  });
  if (version === undefined) throw new Error('no Qt: apt-get install pkg-config qt6-base-dev (or qtbase5-dev)');
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', `Qt${version}Gui`], { encoding: 'utf8' });
  const program = join(folder, 'sender');
  const words = ['-std=c++17', '-O2', '-fPIC', `-I${root}include`, '-o', program, `${root}bench/qt/sender.cpp`];
  execFileSync('g++', [...words, ...flags.trim().split(/\s+/), '-pthread']);
  return program;
}

const candidates = [process.env.FRAMELANE_PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined);

function findPython(): string {
  for (const python of candidates) {
    try {
      execFileSync(python, ['-c', 'import cv2, numpy'], { stdio: 'ignore' });
      return python;
    } catch {
      // The next one.
    }
  }
  throw new Error('no Python with cv2 and numpy: apt-get install python3-opencv, or set FRAMELANE_PYTHON');
}

async function measure(folder: string, quick: boolean) {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const names = [`bench ${process.pid}`, `bench-qt-${process.pid}`, pipe];
  const python = findPython();
  const program = compile(folder);
  const env = { TMPDIR: folder, PYTHONPATH: pythonPath };
  await using receiver = new Talk(python, ['-u', `${root}bench/qt/receiver.py`, ...names], env);
  await using sender = new Talk(program, names, env);
  const [qt, versions] = [await sender.answer(), await receiver.answer()];
  const samples = await measureAll(sender, receiver, quick);
  const ms = Object.fromEntries(contents.map((content) => [content, medians(samples[content])])) as Milliseconds;
  return { ...ratios(ms, samples), ms, qt, python: JSON.parse(versions) as Record<string, string> };
}

type Samples = Record<Content, Record<Way, number[]>>;

/** Rounds of a way: compressing noise takes ten seconds, handing over takes milliseconds. */
const roundsOf = (way: Way, quick: boolean) => {
  if (way === 'qdatastream' || way === 'png') return quick ? 1 : 3;
  return quick ? 7 : 41;
};

async function measureAll(sender: Talk, receiver: Talk, quick: boolean): Promise<Samples> {
  const samples = {} as Samples;
  for (const content of contents) {
    samples[content] = Object.fromEntries(ways.map((way) => [way, [] as number[]])) as Record<Way, number[]>;
    const sums = new Set<string>();
    for (let round = -1; round < roundsOf('ring', quick); round++) {
      for (const way of ways) {
        const slow = way === 'qdatastream' || way === 'png';
        if (round >= roundsOf(way, quick) || (slow && round < 0)) continue;
        const { ms, sum } = await handOver(sender, receiver, way, content);
        if (sum !== undefined) sums.add(sum);
        if (round >= 0) samples[content][way].push(ms); // the one before was for warming up
      }
    }
    if (sums.size !== 1) throw new Error(`the ways do not agree on the ${content} pixels: ${[...sums].join(' ')}`);
  }
  return samples;
}

async function handOver(sender: Talk, receiver: Talk, way: Way, content: Content) {
  if (way !== 'memcpy') receiver.say(way);
  sender.say(`${way} ${content}`);
  const [began, sent] = (await sender.answer()).split(' ').map(BigInt) as [bigint, bigint];
  if (way === 'memcpy') return { ms: Number(sent - began) / 1e6, sum: undefined };
  const [ended, sum] = (await receiver.answer()).split(' ') as [string, string];
  return { ms: Number(BigInt(ended) - began) / 1e6, sum };
}

const medians = (samples: Record<Way, number[]>) =>
  Object.fromEntries(ways.map((way) => [way, Number(median(samples[way]).toPrecision(4))]));

const rounded = (value: number) => Number(value.toPrecision(4));

function ratios(ms: Milliseconds, samples: Samples) {
  const over = (way: Way, base: Way) =>
    Object.fromEntries(contents.map((content) => [content, rounded(ms[content][way] / ms[content][base])])) as Record<
      Content,
      number
    >;
  // Neighbours in time are compared: a noisy moment hits both.
  const pairs = contents.flatMap((content) => {
    const { list, memcpy } = samples[content];
    return list.map((ms, round) => ms / (memcpy[round] as number));
  });
  return {
    qdatastreamOverRing: over('qdatastream', 'canvas'),
    qdatastreamOverRingCopied: over('qdatastream', 'ring'),
    pngOverRing: over('png', 'canvas'),
    imageListOverMemcpy: rounded(median(pairs)),
  };
}

const labels: Record<Way, string> = {
  qdatastream: 'QDataStream << QVector<QImage>',
  png: 'PNG, image by image',
  list: 'image list in QSharedMemory',
  ring: 'ring, copied in: send(QVector<QImage>)',
  canvas: 'ring, drawn in place',
  memcpy: 'memcpy alone, in the Qt program',
};

function print(results: QtResults): void {
  const { qt, python, ms } = results;
  console.log(`ten 1920x1080 RGB32 images, ${qt} to numpy ${python.numpy} arrays, medians in ms`);
  console.log(`${''.padEnd(40)}${contents.map((content) => content.padStart(12)).join('')}`);
  for (const way of ways) {
    const figures = contents.map((content) => String(ms[content][way]).padStart(12));
    console.log(`${labels[way].padEnd(40)}${figures.join('')}`);
  }
  for (const [name, value] of Object.entries(results)) {
    if (/Over/.test(name)) console.log(`${name.padEnd(28)} ${JSON.stringify(value)}`);
  }
}
