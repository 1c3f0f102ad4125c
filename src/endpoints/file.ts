import { access } from 'node:fs/promises';
import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import type { PixelFormat } from '../frame/pixel-format.js';
import { type DecodedVideo, FfmpegDecoder, probeVideo } from './ffmpeg.js';
import { ffmpegFormats } from './ffmpeg-pixels.js';
import { readRawFrames } from './raw-frames.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { badUri, type EndpointUri, flag, frameRate, type OptionValues, oneOf, readOptions } from './uri.js';

const native = (text: string): number | 'native' => (text === 'native' ? 'native' : frameRate(text));

const optionReaders = { format: oneOf(...ffmpegFormats), loop: flag, fps: native, copy: flag };

/** What an address of a video file says. Throws `BAD_URI`. */
export function fileOptions(uri: EndpointUri): OptionValues<typeof optionReaders> {
  return readOptions(uri, optionReaders);
}

/**
 * `file:PATH`, or just a path: whatever ffmpeg decodes, in an ffmpeg of its own. The frames are exactly those of
 * `ffmpeg -i PATH -f rawvideo -pix_fmt FORMAT -`, rotated as the file asks.
 */
export class FileSource implements Source {
  readonly uri: string;
  /** Frames a second that the address asks for; `native` is the rate of the video. */
  readonly fps: number | 'native' | undefined;
  readonly #path: string;
  readonly #format: PixelFormat;
  readonly #loop: boolean;
  #video: Promise<DecodedVideo> | undefined;
  readonly #probing = new AbortController();
  #decoder: FfmpegDecoder | undefined;
  #closed = false;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri, loop = false) {
    const options = fileOptions(uri);
    if (uri.path === '') throw badUri(uri, 'name the video file: file:PATH');
    this.uri = uri.text;
    this.fps = options.fps;
    this.#path = uri.path;
    this.#format = options.format ?? 'rgb24';
    this.#loop = options.loop ?? loop;
  }

  get recorded(): boolean {
    return this.fps === undefined;
  }

  /** Size and rate as ffmpeg decodes it. Throws `IO`, `TOOL_MISSING`, `CHILD_FAILED`. */
  info(): Promise<StreamInfo> {
    this.#video ??= this.#probe();
    return this.#video;
  }

  async #probe(): Promise<DecodedVideo> {
    await access(this.#path).catch((cause: Error) => {
      throw new FramelaneError('IO', `${this.uri}: ${cause.message}`, { subject: this.#path }, { cause });
    });
    return probeVideo(this.#path, this.#format, this.#probing.signal);
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { memory = new RecycledMemory(), signal } = options;
    if (this.#closed || signal?.aborted) return; // Also while the file was still being looked at.
    const { format, width, height } = (await this.info()) as DecodedVideo;
    let firstSequence = 1;
    do {
      if (this.#closed || signal?.aborted) return;
      const decoder = new FfmpegDecoder(this.#path, format);
      this.#decoder = decoder;
      const stop = () => void decoder.close();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        const reading = { memory, signal, firstSequence, stopped: () => this.#closed };
        const frames = readRawFrames(decoder.output, this.uri, { format, width, height }, reading);
        firstSequence += yield* this.#untilCut(frames, decoder);
        if (!this.#closed && !signal?.aborted) await decoder.finish();
      } finally {
        signal?.removeEventListener('abort', stop);
        await decoder.close();
      }
    } while (this.#loop);
  }

  /** A cut frame means that ffmpeg broke off: its own words say more than the number of bytes. */
  async *#untilCut(frames: AsyncGenerator<Frame, number>, decoder: FfmpegDecoder): AsyncGenerator<Frame, number> {
    try {
      return yield* frames;
    } catch (error) {
      if (error instanceof FramelaneError && error.code === 'TRUNCATED') await decoder.finish();
      throw error;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#probing.abort();
    await this.#video?.catch(() => undefined); // Its failure is told to whoever asked for it.
    await this.#decoder?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
