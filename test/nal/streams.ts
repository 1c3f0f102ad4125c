import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Whether ffmpeg and ffprobe are installed. */
export const hasFfmpeg = spawnSync('ffprobe', ['-version'], { stdio: 'ignore' }).status === 0;

/** Encodes moving test pictures into an elementary stream, `arguments_` standing before the output's name. */
export function encode(file: string, size: string, frames: number, ...arguments_: string[]): Buffer {
  const source = `testsrc2=size=${size}:rate=25`;
  const input = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', source, '-frames:v', String(frames)];
  execFileSync('ffmpeg', [...input, '-pix_fmt', 'yuv420p', ...arguments_, '-y', file], { stdio: 'ignore' });
  return readFileSync(file);
}

/** Size in bytes of each packet that ffprobe finds in a file, and whether it is a key frame. */
export function packets(file: string): { size: number; key: boolean }[] {
  const show = ['-v', 'error', '-show_entries', 'packet=size,flags', '-of', 'csv=p=0', file];
  const lines = execFileSync('ffprobe', show, { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [size, flags] = line.split(',');
    return { size: Number(size), key: flags?.includes('K') ?? false };
  });
}

/** A file of a name in a folder. */
export const inFolder = (folder: string, name: string): string => path.join(folder, name);
