import { expect, test } from 'vitest';
import { type AccessUnit, AccessUnitSplitter, nalUnitTypes, parseNalHeader } from '../../src/nal/index.js';
import { temporaryFolder } from '../endpoints/files.js';
import { encode, hasFfmpeg, inFolder, packets } from './streams.js';

const needsFfmpeg = test.skipIf(!hasFfmpeg);
const folder = temporaryFolder();

const x264 = (parameters: string, ...more: string[]) => ['-c:v', 'libx264', '-x264-params', parameters, ...more];
const x265 = (parameters: string) => ['-c:v', 'libx265', '-x265-params', `log-level=none:${parameters}`];

const clips: Record<string, string[]> = {
  'plain.264': x264('keyint=10'),
  'slices, B frames, open GOP, AUD.264': x264('slices=4:bframes=3:open-gop=1:keyint=10:aud=1'),
  'interlaced.264': x264('bframes=2', '-flags', '+ildct+ilme'),
  'intra refresh in slices of 300 bytes.264': x264('intra-refresh=1:bframes=0:keyint=10:slice-max-size=300'),
  'HRD.264': x264('nal-hrd=cbr:vbv-maxrate=400:vbv-bufsize=400:bitrate=400:filler=1'),
  'open GOP.265': x265('keyint=10:open-gop=1'),
  'slices, AUD, HRD.265': x265('slices=3:aud=1:hrd=1:vbv-bufsize=1000:vbv-maxrate=1000:repeat-headers=1:keyint=8'),
  'hashes.265': x265('hash=1:bframes=0'),
};

function split(name: string, data: Uint8Array): AccessUnit[] {
  const splitter = new AccessUnitSplitter({ codec: name.endsWith('264') ? 'avc' : 'hevc' });
  return [...splitter.push(data), ...splitter.end()];
}

/** ffmpeg's parser of H.265 leaves the first zero of a start code of 4 bytes with the unit before. */
function sizeToFfmpeg(name: string, units: readonly AccessUnit[], index: number): number {
  const zero = (unit?: AccessUnit) => (name.endsWith('265') && unit?.data[2] === 0 ? 1 : 0);
  const unit = units[index] as AccessUnit;
  return unit.data.length - (index > 0 ? zero(unit) : 0) + zero(units[index + 1]);
}

for (const [name, parameters] of Object.entries(clips)) {
  needsFfmpeg(`as many units, key frames and bytes as ffprobe sees: ${name}`, () => {
    const file = inFolder(folder, name);
    const data = encode(file, '320x240', 24, ...parameters);
    const units = split(name, data);
    const ours = units.map((unit, index) => ({ size: sizeToFfmpeg(name, units, index), key: unit.keyFrame }));
    expect(ours).toEqual(packets(file));
    expect(Buffer.concat(units.map((unit) => unit.data)).equals(data)).toBe(true);
  });
}

needsFfmpeg('a unit knows its NAL units', () => {
  const data = encode(inFolder(folder, 'nals.264'), '64x48', 2, ...x264('slices=2:aud=1:keyint=1'));
  const [unit] = split('nals.264', data) as [AccessUnit];
  const types = Array.from({ length: unit.nalUnitCount }, (_, index) => parseNalHeader('avc', unit.nalUnit(index)));
  expect(types.map(({ about }) => about.name)).toEqual(['AUD', 'SPS', 'PPS', 'SEI', 'IDR', 'IDR']);
  expect(types.at(-1)).toMatchObject({ type: 5, forbidden: false, refIdc: 3, layerId: 0, temporalId: 0 });
  expect(nalUnitTypes.avc[5]).toMatchObject({ kind: 'slice', randomAccess: true });
});
