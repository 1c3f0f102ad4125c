import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ffmpegFormats } from '../../src/endpoints/ffmpeg-pixels.js';
import { runPipe } from '../../src/endpoints/pipe.js';
import { openSource } from '../../src/endpoints/registry.js';
import { temporaryFolder } from './files.js';

const folder = temporaryFolder();
const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
const needsFfmpeg = test.skipIf(!hasFfmpeg);

const ffmpegNames: Record<string, string> = {
  gray8: 'gray',
  rgba32: 'rgba',
  bgra32: 'bgra',
  bgrx32: 'bgr0',
  i420: 'yuv420p',
};

function ffmpeg(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args], { maxBuffer: 1 << 28 });
}

/** A clip of moving test pictures; the arguments stand before the output's name. */
function clip(name: string, size: string, ...args: string[]): string {
  const file = path.join(folder, name);
  ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=0.4`, ...args, '-y', file);
  return file;
}

function byHand(file: string, format: string): Buffer {
  return ffmpeg('-i', `file:${file}`, '-f', 'rawvideo', '-pix_fmt', ffmpegNames[format] ?? format, '-');
}

async function piped(file: string, options = ''): Promise<Buffer> {
  const out = path.join(folder, 'out.raw');
  await runPipe({ source: `file:${file}${options}`, sinks: [`raw:${out}`] });
  return readFileSync(out);
}

/** Processes of ours that are ffmpeg and still there, zombies included. */
function leftover(): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes('ffmpeg'));
}

needsFfmpeg(
  'the frames are those of ffmpeg -f rawvideo, in every format and at an odd size',
  async () => {
    const file = clip('odd.mkv', '97x51', '-c:v', 'ffv1');
    for (const format of ffmpegFormats) {
      expect((await piped(file, `?format=${format}`)).equals(byHand(file, format))).toBe(true);
    }
  },
  90_000,
);

needsFfmpeg('rotation, other shapes of pixel and varying frame rates are as ffmpeg has them', async () => {
  const plain = clip('plain.mp4', '64x48', '-pix_fmt', 'yuv420p');
  const rotated = path.join(folder, 'rotated.mp4');
  ffmpeg('-i', plain, '-metadata:s:v', 'rotate=90', '-c', 'copy', '-y', rotated);
  const wide = clip('wide.mp4', '64x48', '-vf', 'setsar=16/11', '-pix_fmt', 'yuv420p');
  const varying = clip('varying.mkv', '64x48', '-vf', "select='not(mod(n,3))'", '-vsync', 'vfr', '-c:v', 'ffv1');
  for (const file of [rotated, wide, varying]) {
    expect((await piped(file)).equals(byHand(file, 'rgb24'))).toBe(true);
  }
  const turned = spawnSync('ffmpeg', ['-v', 'error', '-i', rotated, '-frames:v', '1', '-f', 'framecrc', '-']);
  if (turned.stdout.includes('48x64')) {
    expect(await (await openSource(rotated)).info()).toMatchObject({ width: 48, height: 64, fps: 25 });
  }
});

needsFfmpeg('odd names of files are no options and no protocols', async () => {
  const file = clip('plain name.mkv', '16x16', '-c:v', 'ffv1');
  const expected = byHand(file, 'rgb24');
  for (const name of ['-y', 'what?.mkv', 'http:x.mkv', '50%.mkv']) {
    const odd = path.join(folder, name);
    writeFileSync(odd, readFileSync(file));
    const cwd = process.cwd();
    expect((await piped(path.relative(cwd, odd).replace('?', '%3F'))).equals(expected)).toBe(true);
  }
});

needsFfmpeg('a loop goes on after the end', async () => {
  const file = clip('loop.mkv', '16x16', '-c:v', 'ffv1');
  const stats = await runPipe({ source: `${file}?loop`, sinks: ['null:'], frames: 25 });
  expect(stats.frames).toBe(25);
  expect(leftover()).toEqual([]);
});

needsFfmpeg('stopping early leaves no ffmpeg behind', async () => {
  const file = clip('long.mkv', '320x240', '-c:v', 'ffv1');
  await runPipe({ source: `file:${file}`, sinks: ['null:'], frames: 2 });
  expect(leftover()).toEqual([]);
  await runPipe({ source: `file:${file}?loop`, sinks: ['null:'], signal: AbortSignal.timeout(300) });
  expect(leftover()).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.startsWith('framelane-'))).toEqual([]);
});

needsFfmpeg('stopping while the file is still being looked at is quiet', async () => {
  const file = clip('early.mkv', '320x240', '-c:v', 'ffv1');
  for (const delay of [0, 1, 5, 20]) {
    const stats = await runPipe({ source: `file:${file}`, sinks: ['null:'], signal: AbortSignal.timeout(delay) });
    expect(stats.frames).toBe(0);
  }
  expect(leftover()).toEqual([]);
});

needsFfmpeg('what is no video fails with the words of ffmpeg', async () => {
  const file = path.join(folder, 'text.mp4');
  writeFileSync(file, 'this is no video\n'.repeat(100));
  const piping = runPipe({ source: file, sinks: ['null:'] });
  await expect(piping).rejects.toMatchObject({ code: 'CHILD_FAILED', message: /Invalid data/ });
  const sound = path.join(folder, 'sound.wav');
  ffmpeg('-f', 'lavfi', '-i', 'sine=duration=0.1', '-y', sound);
  await expect(runPipe({ source: sound, sinks: ['null:'] })).rejects.toMatchObject({ code: 'CHILD_FAILED' });
});

test('a missing file is IO and says which', async () => {
  const piping = runPipe({ source: 'file:/nowhere.mp4', sinks: ['null:'] });
  await expect(piping).rejects.toMatchObject({ code: 'IO', message: /nowhere\.mp4/ });
});

test('a missing ffmpeg is TOOL_MISSING and says how to get it', async () => {
  const { PATH } = process.env;
  process.env.PATH = folder;
  try {
    writeFileSync(path.join(folder, 'clip.mp4'), 'x');
    const piping = runPipe({ source: path.join(folder, 'clip.mp4'), sinks: ['null:'] });
    await expect(piping).rejects.toMatchObject({ code: 'TOOL_MISSING', message: /apt install ffmpeg/ });
  } finally {
    process.env.PATH = PATH;
  }
});
