import type { Frame } from '../frame/frame.js';
import type { FrameSpec } from '../frame/geometry.js';
import { unixTime } from './clock.js';
import { Pacer } from './pace.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { patternFiller, type TestPattern, testPatterns } from './test-patterns.js';
import { badUri, type EndpointUri, frameRate, frameSize, oneOf, pixelFormat, readOptions, whole } from './uri.js';

/** What a test source makes. */
export interface TestSourceOptions extends FrameSpec {
  /** Which pictures. */
  readonly pattern: TestPattern;
  /** Frames a second; 0 for as fast as possible. */
  readonly fps: number;
  /** Frames in all; Infinity for a source that does not end. */
  readonly frames: number;
}

const defaults: TestSourceOptions = {
  format: 'rgb24',
  width: 1280,
  height: 720,
  pattern: 'counter',
  fps: 30,
  frames: Number.POSITIVE_INFINITY,
};

/** The options of `test:` addresses. */
const optionReaders = {
  size: frameSize,
  fps: frameRate,
  format: pixelFormat,
  pattern: oneOf(...testPatterns),
  frames: whole(1, Number.MAX_SAFE_INTEGER),
};

/** `test:` or `test:1920x1080`, with options: pictures made on the spot, straight in the consumer's memory. */
export class TestSource implements Source {
  readonly uri: string;
  readonly #options: TestSourceOptions;
  #closed = false;

  constructor(options: Partial<TestSourceOptions> = {}, uri = 'test:') {
    this.uri = uri;
    this.#options = { ...defaults, ...options };
  }

  /** A source from its address. Throws `BAD_URI`. `fps` stands in for that of the address. */
  static fromUri(uri: EndpointUri, fps?: number): TestSource {
    const { size, ...rest } = readOptions(uri, optionReaders);
    if (size !== undefined && uri.path !== '') throw badUri(uri, 'the size is given twice');
    const options = { ...rest, ...(uri.path === '' ? size : sizeOfPath(uri)) };
    return new TestSource(fps === undefined ? options : { ...options, fps }, uri.text);
  }

  async info(): Promise<StreamInfo> {
    const { format, width, height, fps, frames } = this.#options;
    return {
      format,
      width,
      height,
      fps: fps > 0 ? fps : undefined,
      frames: Number.isFinite(frames) ? frames : undefined,
    };
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { memory = new RecycledMemory(), signal } = options;
    const { pattern, fps, frames, ...spec } = this.#options;
    const fill = patternFiller(pattern, spec);
    const pacer = new Pacer(fps);
    for (let number = 1; number <= frames && !this.#closed; number++) {
      await pacer.next(signal);
      const space = signal?.aborted ? undefined : await memory.space(spec, signal);
      if (signal?.aborted) {
        space?.abandon();
        return;
      }
      if (space === undefined) continue;
      const captureTime = unixTime();
      fill(space, number);
      yield space.finish({ captureTime, sequence: number });
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function sizeOfPath(uri: EndpointUri): { width: number; height: number } {
  try {
    return frameSize(uri.path);
  } catch (cause) {
    throw badUri(uri, `${(cause as Error).message}, not "${uri.path}"`);
  }
}
