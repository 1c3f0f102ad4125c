import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { FramelaneError } from '../error.js';
import { type FrameSpec, frameBytes } from '../frame/geometry.js';
import type { PixelFormat } from '../frame/pixel-format.js';
import { DescriptorInput } from './byte-input.js';

const run = promisify(execFile);

/** What ffmpeg calls the pixel formats that it can write. */
const ffmpegNames: Partial<Record<PixelFormat, string>> = {
  gray8: 'gray',
  gray16le: 'gray16le',
  rgb24: 'rgb24',
  bgr24: 'bgr24',
  rgba32: 'rgba',
  bgra32: 'bgra',
  bgrx32: 'bgr0',
  yuyv422: 'yuyv422',
  nv12: 'nv12',
  i420: 'yuv420p',
};

/** The formats that ffmpeg can decode into. */
export const ffmpegFormats = Object.keys(ffmpegNames) as readonly PixelFormat[];

/** Longest that finding out about a file may take, in ms: on a network drive it takes seconds. */
const probeTimeoutMs = 60_000;

/** What a video is once ffmpeg has decoded it: after rotation, in square order of rows. */
export interface DecodedVideo extends FrameSpec {
  /** Frames a second that ffmpeg puts out. */
  readonly fps: number;
}

function missing(): FramelaneError {
  return new FramelaneError('TOOL_MISSING', 'ffmpeg is not installed, and video files need it: apt install ffmpeg', {
    subject: 'ffmpeg',
  });
}

/** The error of an ffmpeg that failed, in its own last words. */
function childFailed(file: string, stderr: string, code: number | string | null): FramelaneError {
  const said = stderr.trim().split('\n').at(-1)?.trim() || `ffmpeg ended with code ${code}`;
  return new FramelaneError('CHILD_FAILED', `ffmpeg cannot decode ${file}: ${said}`, { subject: file });
}

/** Arguments that decode a file's video; `file:` keeps odd names from being taken for options or protocols. */
function inputArguments(file: string): string[] {
  return ['-nostdin', '-hide_banner', '-v', 'error', '-i', `file:${file}`];
}

/**
 * Asks ffmpeg itself for size and rate by decoding one frame: a file's header does not say what rotation and
 * cropping make of it. Throws `TOOL_MISSING`, `CHILD_FAILED`, `BAD_ARGUMENT`.
 */
export async function probeVideo(file: string, format: PixelFormat, signal?: AbortSignal): Promise<DecodedVideo> {
  const pixels = ['-an', '-sn', '-dn', '-pix_fmt', ffmpegNames[format] as string, '-c:v', 'rawvideo'];
  const options = { timeout: probeTimeoutMs, killSignal: 'SIGKILL', maxBuffer: 1 << 20, signal } as const;
  const running = run('ffmpeg', [...inputArguments(file), ...pixels, '-frames:v', '1', '-f', 'framecrc', '-'], options);
  const ended = new Promise((resolve) => running.child.once('close', resolve));
  const { stdout } = await running.catch(async (error) => {
    await ended; // An abort is told at once, but the child should be gone before we say so.
    if (error.code === 'ENOENT') throw missing();
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
  readonly #child: ChildProcess;
  readonly #file: string;
  readonly #ended: Promise<number | string | null>;
  #stderr = '';

  /** Starts it. Same command as by hand: `ffmpeg -i FILE -f rawvideo -pix_fmt FORMAT -`, so the same frames. */
  constructor(file: string, format: PixelFormat) {
    const [readEnd, writeEnd] = makePipe();
    const raw = ['-f', 'rawvideo', '-pix_fmt', ffmpegNames[format] as string, '-'];
    this.#file = file;
    this.#child = spawn('ffmpeg', [...inputArguments(file), ...raw], {
      stdio: ['ignore', writeEnd, 'pipe'],
      detached: true, // Ctrl-C on the terminal is ours to handle: we end it, with nothing said.
    });
    closeSync(writeEnd); // Ours: the read end only ends when nobody can write any more.
    this.output = new DescriptorInput(readEnd);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4096);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      this.#child.once('close', (code, signal) => resolve(code ?? signal));
    });
  }

  /** Waits for its end after the last frame. Throws `CHILD_FAILED` if it gave up before the end of the file. */
  async finish(): Promise<void> {
    const code = await this.#ended;
    if (code === 'ENOENT') throw missing();
    if (code !== 0) throw childFailed(this.#file, this.#stderr, code);
  }

  /** Ends it at once, collects it and closes the pipe; idempotent. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
    await this.output.close();
  }
}

/**
 * A kernel pipe, as [read end, write end]. Node's own pipes to children are sockets whose bytes pass through buffers;
 * out of this one `read` goes straight to where the pixels belong. Its name is gone before anything runs.
 */
function makePipe(): [number, number] {
  const folder = mkdtempSync(path.join(tmpdir(), 'framelane-'));
  try {
    const fifo = path.join(folder, 'pixels');
    makeFifo(fifo);
    const first = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK); // Does not wait for a writer.
    const writeEnd = openSync(fifo, constants.O_WRONLY);
    const readEnd = openSync(fifo, constants.O_RDONLY); // There is a writer now, so this one may be a blocking one.
    closeSync(first);
    return [readEnd, writeEnd];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node has no call for it; every Linux has the program. */
function makeFifo(fifo: string): void {
  try {
    execFileSync('mkfifo', ['-m', '600', fifo], { stdio: 'ignore' });
  } catch (cause) {
    throw new FramelaneError(
      'TOOL_MISSING',
      `mkfifo does not work here (${(cause as Error).message}); apt install coreutils`,
      {
        subject: 'mkfifo',
      },
    );
  }
}
