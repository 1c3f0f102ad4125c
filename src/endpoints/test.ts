import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import type { FrameSpec } from '../frame/geometry.js';
import { effectiveBitsKey } from '../frame/levels.js';
import { unixTime } from './clock.js';
import { Pacer } from './pace.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory, FrameSpace, Source, StreamInfo } from './source.js';
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
  /**
   * Bits that carry something in each sample, 9..16, of 16-bit formats: 12 makes the pictures of a 12-bit camera. Default:
   * all. The counter pattern needs all of them.
   */
  readonly bits?: number;
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
  bits: whole(9, 16),
};

/** Why samples cannot have so many bits; undefined where they can. */
function bitsComplaint({ bits, format, pattern }: TestSourceOptions): string | undefined {
  if (bits === undefined) return undefined;
  if (!Number.isInteger(bits) || bits < 9 || bits > 16) return `bits ${bits} is not a whole number from 9 to 16`;
  if (!format.endsWith('16le')) return `bits is for 16-bit formats (format=gray16le), not for ${format}`;
  return pattern === 'counter' ? 'bits needs a pattern: bars, gradient or noise' : undefined;
}

/** `test:` or `test:1920x1080`, with options: pictures made on the spot, straight in the consumer's memory. */
export class TestSource implements Source {
  readonly uri: string;
  readonly #options: TestSourceOptions;
  #closed = false;

  constructor(options: Partial<TestSourceOptions> = {}, uri = 'test:') {
    this.uri = uri;
    this.#options = { ...defaults, ...options };
    const complaint = bitsComplaint(this.#options);
    if (complaint !== undefined) throw new FramelaneError('BAD_ARGUMENT', complaint);
  }

  /** A source from its address. Throws `BAD_URI`. `fps` stands in for that of the address. */
  static fromUri(uri: EndpointUri, fps?: number): TestSource {
    const { size, ...rest } = readOptions(uri, optionReaders);
    if (size !== undefined && uri.path !== '') throw badUri(uri, 'the size is given twice');
    const options = { ...rest, ...(uri.path === '' ? size : sizeOfPath(uri)) };
    const complaint = bitsComplaint({ ...defaults, ...options });
    if (complaint !== undefined) throw badUri(uri, complaint);
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
    const { pattern, fps, frames, bits, ...spec } = this.#options;
    const metadata = bits === undefined ? undefined : { [effectiveBitsKey]: bits };
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
      if (bits !== undefined) narrow(space, 16 - bits);
      yield space.finish({ captureTime, sequence: number, metadata });
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

/** Moves each little-endian 16-bit sample down by so many bits, so that the lowest carry the picture. */
function narrow({ bytes }: FrameSpace, shift: number): void {
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const sample = ((bytes[at] as number) | ((bytes[at + 1] as number) << 8)) >> shift;
    bytes[at] = sample;
    bytes[at + 1] = sample >> 8;
  }
}

function sizeOfPath(uri: EndpointUri): { width: number; height: number } {
  try {
    return frameSize(uri.path);
  } catch (cause) {
    throw badUri(uri, `${(cause as Error).message}, not "${uri.path}"`);
  }
}
