import { execFile } from 'node:child_process';
import { closeSync } from 'node:fs';
import { promisify } from 'node:util';
import { FramelaneError } from '../error.js';
import { type FrameSpec, frameBytes } from '../frame/geometry.js';
import type { PixelFormat } from '../frame/pixel-format.js';
import { DescriptorInput } from './byte-input.js';
import { FfmpegChild, ffmpegMissing, quietly } from './ffmpeg-child.js';
import { ffmpegPixels } from './ffmpeg-pixels.js';
import { makePipe } from './kernel-pipe.js';

const run = promisify(execFile);

/** Longest that finding out about a file may take, in ms: on a network drive it takes seconds. */
const probeTimeoutMs = 60_000;

/** What a video is once ffmpeg has decoded it: after rotation, in square order of rows. */
export interface DecodedVideo extends FrameSpec {
  /** Frames a second that ffmpeg puts out. */
  readonly fps: number;
}

/** The error of an ffmpeg that failed, in its own last words. */
function childFailed(file: string, stderr: string, code: number | string | null): FramelaneError {
  const said = stderr.trim().split('\n').at(-1)?.trim() || `ffmpeg ended with code ${code}`;
  return new FramelaneError('CHILD_FAILED', `ffmpeg cannot decode ${file}: ${said}`, { subject: file });
}

/** Arguments that decode a file's video; `file:` keeps odd names from being taken for options or protocols. */
function inputArguments(file: string): string[] {
  return [...quietly, '-i', `file:${file}`];
}

/**
 * Asks ffmpeg itself for size and rate by decoding one frame: a file's header does not say what rotation and
 * cropping make of it. Throws `TOOL_MISSING`, `CHILD_FAILED`, `BAD_ARGUMENT`.
 */
export async function probeVideo(file: string, format: PixelFormat, signal?: AbortSignal): Promise<DecodedVideo> {
  const pixels = ['-an', '-sn', '-dn', '-pix_fmt', ffmpegPixels[format], '-c:v', 'rawvideo'];
  const options = { timeout: probeTimeoutMs, killSignal: 'SIGKILL', maxBuffer: 1 << 20, signal } as const;
  const running = run('ffmpeg', [...inputArguments(file), ...pixels, '-frames:v', '1', '-f', 'framecrc', '-'], options);
  const ended = new Promise((resolve) => running.child.once('close', resolve));
  const { stdout } = await running.catch(async (error) => {
    await ended; // An abort is told at once, but the child should be gone before we say so.
    if (error.code === 'ENOENT') throw ffmpegMissing();
    throw childFailed(file, String(error.stderr ?? ''), error.code ?? error.signal);
  });
  const size = /^#dimensions 0: (\d+)x(\d+)/m.exec(stdout);
  const base = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout);
  const bytes = /^0,[^,]*,[^,]*,[^,]*, *(\d+),/m.exec(stdout);
  if (size === null || base === null || bytes === null) throw childFailed(file, 'it has no picture', null);
  const video = { format, width: Number(size[1]), height: Number(size[2]), fps: Number(base[2]) / Number(base[1]) };
  if (frameBytes(video) !== Number(bytes[1])) {
    throw childFailed(file, `${bytes[1]} bytes a frame where ${frameBytes(video)} were expected`, null);
  }
  return video;
}

/** An ffmpeg that decodes a file into a pipe. */
export class FfmpegDecoder {
  /** The pixels, frame after frame. */
  readonly output: DescriptorInput;
  readonly #child: FfmpegChild;

  /** Starts it. Same command as by hand: `ffmpeg -i FILE -f rawvideo -pix_fmt FORMAT -`, so the same frames. */
  constructor(file: string, format: PixelFormat) {
    const [readEnd, writeEnd] = makePipe();
    const raw = ['-f', 'rawvideo', '-pix_fmt', ffmpegPixels[format], '-'];
    this.#child = new FfmpegChild(`decode ${file}`, [...inputArguments(file), ...raw], 'ignore', writeEnd);
    closeSync(writeEnd); // Ours: the read end only ends when nobody can write any more.
    this.output = new DescriptorInput(readEnd);
  }

  /** Waits for its end after the last frame. Throws `CHILD_FAILED` if it gave up before the end of the file. */
  finish(): Promise<void> {
    return this.#child.finish();
  }

  /** Ends it at once, collects it and closes the pipe; idempotent. */
  async close(): Promise<void> {
    await this.#child.close();
    await this.output.close();
  }
}
