import { spawnSync } from 'node:child_process';
import { AccessUnitSplitter, type NalCodec } from '../../src/nal/index.js';
import type { UnitBytes } from '../../src/rtp/index.js';

/** Bytes that ffmpeg makes of a test picture of 640x480. */
export function encoded(...words: readonly string[]): Uint8Array {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=640x480:rate=25'];
  const { stdout, stderr, status } = spawnSync('ffmpeg', ['-v', 'error', ...source, ...words, '-'], {
    maxBuffer: 64 << 20,
  });
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
  return stdout;
}

/** A stream of 12 pictures with parameter sets, SEI, access unit delimiters and so many slices a picture; `more` for the encoder. */
export function elementaryStream(codec: 'avc' | 'hevc', slices: number, more = ''): Uint8Array {
  const pictures = ['-frames:v', '12', '-g', '6', '-b:v', '6M', '-preset', 'ultrafast'];
  const common = `slices=${slices}:aud=1${more}`;
  return codec === 'avc'
    ? encoded(...pictures, '-c:v', 'libx264', '-x264-params', common, '-f', 'h264')
    : encoded(...pictures, '-c:v', 'libx265', '-x265-params', `${common}:log-level=none`, '-f', 'hevc');
}

/** The access units of a stream. */
export function unitsOf(codec: NalCodec, stream: Uint8Array): UnitBytes[] {
  const splitter = new AccessUnitSplitter({ codec });
  return [...splitter.push(stream), ...splitter.end()];
}

const mjpeg = ['-c:v', 'mjpeg', '-huffman', 'default', '-pix_fmt', 'yuvj420p', '-q:v', '3', '-f', 'mjpeg'];

/** JPEG files, 4:2:0, with the standard Huffman tables. */
export function jpegFiles(count: number, ...words: readonly string[]): Uint8Array[] {
  return splitJpeg(encoded('-frames:v', `${count}`, ...words, ...mjpeg));
}

/** JPEG files that stand one after another: each begins with FF D8 FF. */
export function splitJpeg(bytes: Uint8Array): Uint8Array[] {
  const whole = Buffer.from(bytes);
  const starts: number[] = [];
  for (let at = whole.indexOf('ffd8ff', 0, 'hex'); at >= 0; at = whole.indexOf('ffd8ff', at + 3, 'hex'))
    starts.push(at);
  return starts.map((start, index) => new Uint8Array(whole.subarray(start, starts[index + 1])));
}
