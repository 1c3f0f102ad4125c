import { spawnSync } from 'node:child_process';
import { ShownOrder } from '../../src/endpoints/shown-order.js';
import {
  type AccessUnit,
  AccessUnitSplitter,
  annexBToLengthPrefixed,
  lengthPrefixedToAnnexB,
  type NalCodec,
  nalCodecs,
  ParameterSets,
} from '../../src/nal/index.js';
import { annexB } from '../nal/bit-writer.js';
import type { FuzzTarget } from './main.js';

const encoders = [
  ['-c:v', 'libx264', '-x264-params', 'bframes=2:keyint=4:slices=3:aud=1', '-f', 'h264'],
  [
    '-c:v',
    'libx264',
    '-x264-params',
    'nal-hrd=vbr:vbv-maxrate=90:vbv-bufsize=90',
    '-flags',
    '+ildct+ilme',
    '-f',
    'h264',
  ],
  ['-c:v', 'libx265', '-x265-params', 'log-level=none:bframes=2:keyint=4:slices=2:hash=1', '-f', 'hevc'],
];

/** Streams of ffmpeg, where it is installed, and a small one that is made up. */
function seeds(): Uint8Array[] {
  const input = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=64x48', '-frames:v', '6', '-pix_fmt', 'yuv420p'];
  const streams = encoders.map((encoder) => spawnSync('ffmpeg', [...input, ...encoder, '-']).stdout);
  const nals = [0x0f79, 0x1009, 0x0039, 0x0001].map((word) => Uint8Array.of(word >> 8, word & 255, 0x80, 7));
  return [
    annexB(...nals, ...nals),
    ...streams.filter((stream) => stream?.length > 0).map((stream) => Uint8Array.from(stream)),
  ];
}

/** Splits a stream in pieces and at once, and reads all that is read of one; both have to give the same bytes. */
export function nalTarget(): FuzzTarget {
  return {
    seeds: seeds(),
    run(input) {
      const codec = nalCodecs[(input.length + (input[9] ?? 0)) % 3] as NalCodec;
      const size = 1 + ((input[7] ?? 0) << ((input[8] ?? 0) % 5));
      const pieces = split(codec, input, size);
      const whole = split(codec, input, Math.max(1, input.length));
      if (joined(pieces) !== joined(whole) || pieces.length !== whole.length) throw new Error('the chunks show');
      if (!Buffer.from(input).toString('hex').endsWith(joined(whole))) throw new Error('bytes are missing');
      for (const unit of whole) readAll(unit);
      readStream(codec, whole);
    },
  };
}

function split(codec: NalCodec, input: Uint8Array, size: number): AccessUnit[] {
  const splitter = new AccessUnitSplitter({ codec });
  const units: AccessUnit[] = [];
  for (let at = 0; at < input.length; at += size) units.push(...splitter.push(input.subarray(at, at + size)));
  return [...units, ...splitter.end()];
}

const joined = (units: readonly AccessUnit[]) => Buffer.concat(units.map((unit) => unit.data)).toString('hex');

function readAll(unit: AccessUnit): void {
  const sample = annexBToLengthPrefixed(unit.data, 4, unit.nalUnits);
  const stream = lengthPrefixedToAnnexB(sample);
  if (stream.length !== sample.length) throw new Error('lengths and start codes differ');
}

function readStream(codec: NalCodec, units: readonly AccessUnit[]): void {
  const sets = new ParameterSets(codec);
  for (const unit of units) if (sets.update(unit)) void sets.format;
  if (codec === 'vvc') return;
  const order = new ShownOrder(codec);
  const places = [...units.flatMap((unit) => order.push(unit)), ...order.end()].map(({ place }) => place);
  if (places.length !== units.length) throw new Error('pictures are missing');
}
