import type { Frame } from '../frame/frame.js';
import type { PixelFormat } from '../frame/pixel-format.js';
import { type AccessUnit, isNalCodec, ParameterSets } from '../nal/index.js';
import { LinkedAbort } from './linked-abort.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { UnitDecoder } from './unit-decoder.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';

/** Encoded video as frames, by an ffmpeg of its own, straight in the sink's memory. It begins at a key frame. */
export class DecodedSource implements Source {
  readonly uri: string;
  readonly #source: UnitSource;
  readonly #format: PixelFormat;
  #decoder: UnitDecoder | undefined;
  #skipped = 0;
  #closed = false;

  /** Takes the source over: it is closed with this one. */
  constructor(source: UnitSource, format: PixelFormat = source.pixels ?? 'rgb24') {
    this.uri = source.uri;
    this.#source = source;
    this.#format = format;
  }

  /** Units that the source missed, and those before the first key frame. */
  get missed(): number | undefined {
    const { missed } = this.#source;
    return missed === undefined && this.#skipped === 0 ? undefined : (missed ?? 0) + this.#skipped;
  }

  get recorded(): boolean | undefined {
    return this.#source.recorded;
  }

  async info(): Promise<StreamInfo> {
    const { width, height, fps, units } = await this.#source.info();
    return { format: this.#format, width, height, fps, frames: units };
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { memory = new RecycledMemory() } = options;
    const info = await this.#source.info();
    const stop = new LinkedAbort(options.signal, () => void this.#decoder?.close());
    const units = this.#source.units({ signal: stop.signal });
    try {
      // A stream that changes its size goes on in a decoder of its own.
      for (let unit = await this.#keyFrame(units); unit !== undefined; ) {
        unit = yield* this.#decode(unit, units, info, memory, stop.signal);
      }
    } finally {
      stop.abort(); // The source may wait for a unit that nobody wants any more.
      await units.return?.();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#decoder?.close();
    await this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #keyFrame(units: AsyncIterator<AccessUnit>): Promise<AccessUnit | undefined> {
    for (let unit = await nextOf(units); unit !== undefined; unit = await nextOf(units)) {
      if (unit.keyFrame) return unit;
      unit.release();
      this.#skipped++;
    }
    return undefined;
  }

  /** Decodes until the units end or change their size; returns the first of another size. */
  async *#decode(
    first: AccessUnit,
    units: AsyncIterator<AccessUnit>,
    info: UnitStreamInfo,
    memory: FrameMemory,
    signal: AbortSignal,
  ): AsyncGenerator<Frame, AccessUnit | undefined> {
    const decoder = new UnitDecoder(first.codec, this.#format, this.#source.recorded !== true);
    this.#decoder = decoder;
    const feeding = feed(decoder, first, units, info.parameterSets);
    feeding.catch(() => void decoder.close()); // Thrown below, where it is waited for.
    try {
      yield* decoder.frames(memory, signal);
      return await feeding;
    } catch (error) {
      if (this.#closed || signal.aborted) return undefined;
      await feeding; // A source that failed is why the decoder was ended.
      throw error;
    } finally {
      await decoder.close();
    }
  }
}

/** Hands units to the decoder and releases them; returns the first of another size. */
async function feed(
  decoder: UnitDecoder,
  first: AccessUnit,
  units: AsyncIterator<AccessUnit>,
  parameterSets: Uint8Array | undefined,
): Promise<AccessUnit | undefined> {
  const size = new SizeWatch(first);
  for (let unit: AccessUnit | undefined = first; unit !== undefined; unit = await nextOf(units)) {
    if (unit !== first && size.changedBy(unit)) {
      decoder.end();
      return unit;
    }
    using held = unit;
    if (!(await decoder.write(held, held === first ? parameterSets : undefined))) return undefined; // It says why itself.
  }
  decoder.end();
  return undefined;
}

/** Sees key frames whose parameter sets change the size of the pictures. */
class SizeWatch {
  readonly #sets: ParameterSets | undefined;
  #size: string | undefined;

  constructor(first: AccessUnit) {
    this.#sets = isNalCodec(first.codec) ? new ParameterSets(first.codec) : undefined;
    this.changedBy(first);
  }

  changedBy(unit: AccessUnit): boolean {
    if (this.#sets === undefined || !unit.keyFrame || !this.#sets.update(unit)) return false;
    const { format } = this.#sets;
    const before = this.#size;
    this.#size = format === undefined ? before : `${format.width}x${format.height}`;
    return before !== undefined && this.#size !== before;
  }
}

async function nextOf<T>(items: AsyncIterator<T>): Promise<T | undefined> {
  const { done, value } = await items.next();
  return done === true ? undefined : value;
}
