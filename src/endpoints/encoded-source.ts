import type { Frame } from '../frame/frame.js';
import type { AccessUnit } from '../nal/index.js';
import { type EncodingOptions, type Rate, rateOf } from './encoding.js';
import { LinkedAbort } from './linked-abort.js';
import type { Source } from './source.js';
import { UnitEncoder } from './unit-encoder.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';

/** Frames as encoded video, by an ffmpeg of its own. Units keep the capture times and numbers of their frames. */
export class EncodedSource implements UnitSource {
  readonly uri: string;
  readonly #source: Source;
  readonly #options: EncodingOptions;
  #encoder: UnitEncoder | undefined;
  #closed = false;

  /** Takes the source over: it is closed with this one. */
  constructor(source: Source, options: EncodingOptions) {
    this.uri = source.uri;
    this.#source = source;
    this.#options = options;
  }

  get missed(): number | undefined {
    return this.#source.missed;
  }

  get recorded(): boolean | undefined {
    return this.#source.recorded;
  }

  async info(): Promise<UnitStreamInfo> {
    const { width, height, fps, frames } = await this.#source.info();
    return { codec: this.#options.codec, width, height, fps, units: frames };
  }

  async *units({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<AccessUnit> {
    const { fps } = await this.#source.info();
    const stop = new LinkedAbort(signal, () => void this.#encoder?.close());
    const frames = this.#source.frames({ signal: stop.signal });
    try {
      // A stream that changes its size or format goes on in an encoder of its own.
      for (let frame = await nextOf(frames); frame !== undefined; ) {
        frame = yield* this.#encode(frame, frames, rateOf(fps), stop.signal);
      }
    } finally {
      stop.abort(); // The source may wait for a frame that nobody wants any more.
      await frames.return?.();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<AccessUnit> {
    return this.units();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#encoder?.close();
    await this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Encodes until the frames end or do not fit any more; returns the one that does not. */
  async *#encode(
    first: Frame,
    frames: AsyncIterator<Frame>,
    rate: Rate,
    signal: AbortSignal,
  ): AsyncGenerator<AccessUnit, Frame | undefined> {
    const encoder = new UnitEncoder(first, rate, this.#options);
    this.#encoder = encoder;
    const feeding = feed(encoder, first, frames);
    feeding.catch(() => void encoder.close()); // Thrown below, where it is waited for.
    try {
      yield* encoder.units();
      return await feeding;
    } catch (error) {
      if (this.#closed || signal.aborted) return undefined;
      await feeding; // A source that failed is why the encoder was ended.
      throw error;
    } finally {
      await encoder.close();
    }
  }
}

/** Hands frames to the encoder and releases them; returns the first that it cannot take. */
async function feed(encoder: UnitEncoder, first: Frame, frames: AsyncIterator<Frame>): Promise<Frame | undefined> {
  for (let frame: Frame | undefined = first; frame !== undefined; frame = await nextOf(frames)) {
    if (!encoder.fits(frame)) {
      encoder.end();
      return frame;
    }
    using held = frame;
    if (!(await encoder.write(held))) return undefined; // It says why itself.
  }
  encoder.end();
  return undefined;
}

async function nextOf<T>(items: AsyncIterator<T>): Promise<T | undefined> {
  const { done, value } = await items.next();
  return done === true ? undefined : value;
}
