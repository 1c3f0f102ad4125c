import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A stream to send: real HEVC of noisy pictures, of about as many bytes a picture as its name's resolution has. */
export interface Stream {
  readonly name: '4k' | '8k';
  /** An elementary stream (Annex B). */
  readonly file: string;
  /** Bytes and pictures of the file. */
  readonly bytes: number;
  readonly pictures: number;
}

/** Size, quantiser and number of pictures by which x265 comes near to 100 KB and 1 MB a picture. */
const recipes = {
  '4k': { size: '480x270', quantiser: 25, pictures: 120 },
  '8k': { size: '1280x720', quantiser: 14, pictures: 40 },
} as const;

/** Encodes a stream into a folder. Throws without ffmpeg and x265. */
export function makeStream(name: Stream['name'], folder: string): Stream {
  const { size, quantiser, pictures } = recipes[name];
  const file = join(folder, `${name}.hevc`);
  const x265 = `log-level=none:qp=${quantiser}:keyint=60:bframes=0:repeat-headers=1`;
  const input = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=60,noise=alls=60:allf=t`, '-frames:v', `${pictures}`];
  const output = ['-pix_fmt', 'yuv420p', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', x265, '-f', 'hevc'];
  const { status, stderr, error } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...input, ...output, file]);
  if (status !== 0) throw new Error(`ffmpeg with libx265 is needed: ${error?.message ?? stderr}`);
  return { name, file, bytes: readFileSync(file).length, pictures };
}
