import { setImmediate as turn } from 'node:timers/promises';
import type { Frame } from '../frame/frame.js';
import { frameBytes } from '../frame/geometry.js';
import type { AccessUnit } from '../nal/index.js';
import { unixTime } from './clock.js';
import { type FittedEnds, fitEnds } from './fit.js';
import { LatencyHistogram } from './latency.js';
import { openAnySink, openSourceFor } from './registry.js';
import type { Sink } from './sink.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import type { UnitSink } from './unit-sink.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';

/** What goes where, and for how long. */
export interface PipeOptions {
  /** An address, which is then opened and closed here, or a source, which is closed at the end as well. */
  readonly source: Source | UnitSource | string;
  /**
   * Addresses or sinks; all are closed at the end. Frames are made in the memory of the first one that has some. Encoded
   * video goes to a sink that takes it as it is; otherwise an ffmpeg decodes or encodes.
   */
  readonly sinks: readonly (Sink | UnitSink | string)[];
  /** Stop after so many frames, or access units; default: at the end of the source. */
  readonly frames?: number;
  /** Frames a second; 0 for as fast as possible. Default: as the source does. */
  readonly fps?: number;
  /** Begin again at the end of the source; only for a source given by its address. */
  readonly loop?: boolean;
  /** Rings drop nothing; only for sinks given by their address. */
  readonly lossless?: boolean;
  /** Ends it quietly. */
  readonly signal?: AbortSignal;
  /** Called after each frame. The object is the same each time. */
  readonly onProgress?: (progress: PipeProgress) => void;
}

/** How far a pipe has come. */
export interface PipeProgress {
  /** Frames, or access units of encoded video, that every sink has. */
  readonly frames: number;
  /** Pixel bytes of those frames, without padding; bytes of the access units. */
  readonly bytes: number;
  /** Frames that some sink had no room for, and frames that the source missed. */
  readonly dropped: number;
}

/** What a pipe did. */
export interface PipeStats extends PipeProgress {
  /** From the first frame's start to the end. */
  readonly seconds: number;
  /**
   * From a frame's birth to the moment that every sink has it, in microseconds: born when it was published, for frames
   * out of a ring, otherwise at its capture time. null without frames.
   */
  readonly latency_us: { readonly p50: number | null; readonly p99: number | null };
  /** Processor time of this process, user and system; child processes are not in it. */
  readonly cpu_seconds: number;
}

/** Longest time, in ms, that frames may follow one another without timers and signals having their turn. */
const turnMs = 4;

/**
 * Moves frames from a source to sinks until the source ends, the number is reached or the signal is aborted. Each
 * frame is made straight in the first sink's memory, where it has some, and copied for further ones.
 */
export async function runPipe(options: PipeOptions): Promise<PipeStats> {
  const pipe = new Pipe(options);
  try {
    await pipe.open();
    return await pipe.run();
  } finally {
    await pipe.close();
  }
}

/** A sink as far as the moving of items goes. */
interface ItemSink<T> {
  write(item: T, signal?: AbortSignal): Promise<boolean>;
}

class Pipe {
  readonly #options: PipeOptions;
  readonly #progress = { frames: 0, bytes: 0, dropped: 0 };
  readonly #latency = new LatencyHistogram();
  /** All that is to be closed: what was given and what was opened. */
  readonly #open = new Set<{ close(): Promise<void> }>();
  #ends: FittedEnds | undefined;
  #startedMs: number | undefined;
  #cpu = process.cpuUsage();
  #turnedMs = performance.now();

  constructor(options: PipeOptions) {
    this.#options = options;
    for (const end of [options.source, ...options.sinks]) if (typeof end !== 'string') this.#open.add(end);
  }

  async open(): Promise<void> {
    const { source: from, sinks: to, fps, loop, lossless } = this.#options;
    const sinks: (Sink | UnitSink)[] = [];
    for (const sink of to) {
      sinks.push(typeof sink === 'string' ? this.#opened(await openAnySink(sink, { lossless })) : sink);
    }
    const source = typeof from === 'string' ? this.#opened(await openSourceFor(sinks, from, { fps, loop })) : from;
    // A source by its address was told its rate already.
    const rate = typeof from === 'string' && fps !== undefined ? 0 : fps;
    const ends = await this.#unlessStopped(source, () => fitEnds(source, sinks, rate));
    if (ends === undefined) return;
    this.#open.clear(); // What was put between closes what it stands before, and not too early.
    for (const end of [ends.source, ...ends.sinks]) this.#open.add(end);
    const info = await this.#unlessStopped(source, () => ends.source.info());
    for (const sink of ends.sinks) await sink.begin?.((info ?? {}) as StreamInfo & UnitStreamInfo);
    this.#ends = ends;
  }

  #opened<T extends { close(): Promise<void> }>(end: T): T {
    this.#open.add(end);
    return end;
  }

  /** Finding out about a source may take long; a pipe that is stopped meanwhile ends quietly. */
  async #unlessStopped<T>(source: Source | UnitSource, find: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#options;
    const stop = () => void source.close();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await find();
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async run(): Promise<PipeStats> {
    const { signal } = this.#options;
    const ends = this.#ends;
    if (ends?.kind === 'units') await this.#move(ends.source.units({ signal }), ends.sinks, (unit) => unit.data.length);
    else if (ends !== undefined) await this.#moveFrames(ends.source, ends.sinks);
    return this.#stats();
  }

  async #moveFrames(source: Source, sinks: readonly Sink[]): Promise<void> {
    const { signal } = this.#options;
    const lender = sinks.find((sink) => sink.memory !== undefined);
    const memory = lender?.memory === undefined ? undefined : this.#counted(lender.memory);
    // The lender last: when it hands its frame on, others must have copied what they need.
    const order = [...sinks.filter((sink) => sink !== lender), ...(lender === undefined ? [] : [lender])];
    await this.#move(source.frames({ memory, signal }), order, ({ format, width, height }) =>
      frameBytes({ format, width, height }),
    );
  }

  async #move<T extends Frame | AccessUnit>(
    items: AsyncIterable<T>,
    sinks: readonly ItemSink<T>[],
    bytesOf: (item: T) => number,
  ): Promise<void> {
    const { signal, frames: limit = Number.POSITIVE_INFINITY, onProgress } = this.#options;
    for await (const item of items) {
      using held = item;
      if (signal?.aborted) break;
      this.#start();
      const bytes = bytesOf(held);
      if (await this.#deliver(held, sinks)) this.#count(held, bytes);
      onProgress?.(this.#progress);
      if (this.#progress.frames >= limit) break;
      if (performance.now() - this.#turnedMs > turnMs) await this.#turn();
    }
  }

  /** Closes everything that was opened, whatever fails meanwhile; the first failure is thrown. */
  async close(): Promise<void> {
    const results = await Promise.allSettled([...this.#open].map((end) => end.close()));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async #deliver<T>(item: T, sinks: readonly ItemSink<T>[]): Promise<boolean> {
    let whole = true;
    for (const sink of sinks) whole = (await sink.write(item, this.#options.signal)) && whole;
    if (!whole && !this.#options.signal?.aborted) this.#progress.dropped++;
    return whole;
  }

  #count(item: Frame | AccessUnit, bytes: number): void {
    this.#progress.frames++;
    this.#progress.bytes += bytes;
    const age = ageOf(item);
    if (age !== undefined) this.#latency.add(age);
  }

  /** The clock starts with the first frame: not while readers are still being waited for. */
  #start(): void {
    if (this.#startedMs !== undefined) return;
    this.#startedMs = performance.now();
    this.#cpu = process.cpuUsage();
  }

  /** Memory that counts the frames it has no room for. */
  #counted(memory: FrameMemory): FrameMemory {
    return {
      space: async (spec, signal) => {
        const space = await memory.space(spec, signal);
        this.#start();
        if (space === undefined && !signal?.aborted) {
          this.#progress.dropped++;
          this.#options.onProgress?.(this.#progress);
          await this.#turn();
        }
        return space;
      },
    };
  }

  async #turn(): Promise<void> {
    await turn();
    this.#turnedMs = performance.now();
  }

  #stats(): PipeStats {
    const { frames, bytes, dropped } = this.#progress;
    const missed = this.#ends?.source.missed ?? 0;
    const cpu = process.cpuUsage(this.#cpu);
    const seconds = this.#startedMs === undefined ? 0 : (performance.now() - this.#startedMs) / 1000;
    return {
      frames,
      bytes,
      seconds: Math.round(seconds * 1e6) / 1e6,
      dropped: dropped + missed,
      latency_us: { p50: this.#latency.quantile(0.5), p99: this.#latency.quantile(0.99) },
      cpu_seconds: (cpu.user + cpu.system) / 1e6,
    };
  }
}

/** Nanoseconds since a frame was published (out of a ring) or captured; undefined when it does not say. */
function ageOf(frame: Frame | AccessUnit): number | undefined {
  const { publishTime } = frame as { publishTime?: bigint };
  if (publishTime !== undefined && publishTime > 0n) return Number(process.hrtime.bigint() - publishTime);
  return frame.captureTime > 0n ? Number(unixTime() - frame.captureTime) : undefined;
}
