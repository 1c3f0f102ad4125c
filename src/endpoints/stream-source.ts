import { type FileHandle, open } from 'node:fs/promises';
import { FramelaneError } from '../error.js';
import { AccessUnit, AccessUnitSplitter, type NalCodec, ParameterSets } from '../nal/index.js';
import { nalScanner } from '../net/index.js';
import { unixTime } from './clock.js';
import { ShownOrder } from './shown-order.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';

/** Bytes read in one go. */
const chunkBytes = 256 << 10;

/** Bytes in which the first parameter sets are looked for: a second of 8K. */
const infoBytes = 16 << 20;

/** Pictures a second of streams that do not say. */
const usualFps = 25;

/** Ticks of a timestamp a second. */
const ticksPerSecond = 90_000;

/** How a recording is played. */
export interface RecordingOptions {
  /** Begin again at the end. */
  readonly loop?: boolean;
  /** Pictures a second, whatever the recording says. */
  readonly fps?: number;
}

/** `file:PATH.hevc` and its like: an elementary stream, cut into access units. */
export class StreamFileSource implements UnitSource {
  readonly uri: string;
  readonly recorded = true;
  readonly #path: string;
  readonly #codec: NalCodec;
  readonly #loop: boolean;
  readonly #fps: number | undefined;
  #closed = false;

  /** `fps`: pictures a second by which timestamps count, whatever the stream says. */
  constructor(uri: string, path: string, codec: NalCodec, { loop = false, fps }: RecordingOptions = {}) {
    this.uri = uri;
    this.#path = path;
    this.#codec = codec;
    this.#loop = loop;
    this.#fps = fps;
  }

  /** Size and rate, if the stream says them. Throws `IO`, and `NAL_INVALID` when it has no parameter sets to begin with. */
  async info(): Promise<UnitStreamInfo> {
    const sets = new ParameterSets(this.#codec);
    let left = infoBytes;
    for await (const unit of this.#units(() => left <= 0)) {
      left -= unit.data.length;
      if (sets.update(unit) && sets.format !== undefined) break;
    }
    if (sets.sps.length === 0) throw this.#noParameterSets();
    const { width, height, fps } = sets.format ?? {};
    return { codec: this.#codec, width, height, fps };
  }

  async *units({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<AccessUnit> {
    const stopped = () => this.#closed || signal?.aborted === true;
    const { fps = usualFps } = await this.info();
    const ticks = ticksPerSecond / (this.#fps ?? fps);
    let [sequence, first] = [0, 0];
    do {
      for await (const { unit, place } of this.#placed(stopped)) {
        if (stopped()) return;
        const { codec, data, nalUnits, keyFrame } = unit;
        const timestamp = place === undefined ? undefined : Math.round((first + place) * ticks) % 2 ** 32;
        const about = { timestamp, captureTime: unixTime(), sequence: ++sequence };
        yield new AccessUnit({ codec, data, nalUnits, keyFrame, ...about });
      }
      first = sequence;
    } while (this.#loop && !stopped());
  }

  [Symbol.asyncIterator](): AsyncIterator<AccessUnit> {
    return this.units();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The units and when they are shown: a number from 0, undefined for H.266, whose order is not read. */
  async *#placed(stopped: () => boolean): AsyncGenerator<{ unit: AccessUnit; place?: number }, void> {
    const codec = this.#codec;
    if (codec === 'vvc') {
      for await (const unit of this.#units(stopped)) yield { unit };
      return;
    }
    const order = new ShownOrder(codec);
    for await (const unit of this.#units(stopped)) yield* order.push(unit);
    yield* order.end();
  }

  async *#units(stopped: () => boolean): AsyncGenerator<AccessUnit, void> {
    const file = await this.#open();
    try {
      const splitter = new AccessUnitSplitter({ codec: this.#codec, scanner: nalScanner() });
      const chunk = new Uint8Array(chunkBytes);
      while (!stopped()) {
        const { bytesRead } = await file.read(chunk).catch((cause) => {
          throw this.#failure(cause as Error);
        });
        if (bytesRead === 0) return yield* this.#named(() => splitter.end());
        yield* this.#named(() => splitter.push(chunk.subarray(0, bytesRead)));
      }
    } finally {
      await file.close();
    }
  }

  #open(): Promise<FileHandle> {
    return open(this.#path, 'r').catch((cause) => {
      throw this.#failure(cause as Error);
    });
  }

  /** Errors of the stream say which file it is. */
  #named(split: () => AccessUnit[]): AccessUnit[] {
    try {
      return split();
    } catch (cause) {
      if (!(cause instanceof FramelaneError)) throw cause;
      throw new FramelaneError(cause.code, `${this.uri}: ${cause.message}`, { subject: this.#path, ...cause.details });
    }
  }

  #noParameterSets(): FramelaneError {
    const message = `${this.uri}: no parameter sets of ${this.#codec} in its first ${infoBytes >> 20} MiB: is it another codec?`;
    return new FramelaneError('NAL_INVALID', message, { subject: this.#path });
  }

  #failure(cause: Error): FramelaneError {
    return new FramelaneError('IO', `${this.uri}: ${cause.message}`, { subject: this.#path }, { cause });
  }
}
