import { setImmediate as turn } from 'node:timers/promises';
import type { Frame } from '../frame/frame.js';
import { frameBytes } from '../frame/geometry.js';
import { unixTime } from './clock.js';
import { LatencyHistogram } from './latency.js';
import { PacedSource } from './pace.js';
import { openSink, openSource } from './registry.js';
import type { Sink } from './sink.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';

/** What goes where, and for how long. */
export interface PipeOptions {
  /** An address, which is then opened and closed here, or a source, which is closed at the end as well. */
  readonly source: Source | string;
  /** Addresses or sinks; all are closed at the end. Frames are made in the memory of the first one that has some. */
  readonly sinks: readonly (Sink | string)[];
  /** Stop after so many frames; default: at the end of the source. */
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
  /** Frames that every sink has. */
  readonly frames: number;
  /** Pixel bytes of those frames, without padding. */
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

class Pipe {
  readonly #options: PipeOptions;
  readonly #progress = { frames: 0, bytes: 0, dropped: 0 };
  readonly #latency = new LatencyHistogram();
  readonly #sinks: Sink[] = [];
  #source: Source | undefined;
  #startedMs: number | undefined;
  #cpu = process.cpuUsage();
  #turnedMs = performance.now();

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { source, sinks, fps, loop, lossless } = this.#options;
    if (typeof source === 'string') this.#source = await openSource(source, { fps, loop });
    else this.#source = fps === undefined || fps === 0 ? source : new PacedSource(source, fps);
    for (const sink of sinks) this.#sinks.push(typeof sink === 'string' ? await openSink(sink, { lossless }) : sink);
    const info = await this.#infoUnlessStopped(this.#source);
    for (const sink of this.#sinks) await sink.begin?.(info);
  }

  /** Finding out about a source may take long; a pipe that is stopped meanwhile ends quietly. */
  async #infoUnlessStopped(source: Source): Promise<StreamInfo> {
    const { signal } = this.#options;
    const stop = () => void source.close();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await source.info();
    } catch (error) {
      if (signal?.aborted) return {};
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async run(): Promise<PipeStats> {
    const { signal, frames: limit = Number.POSITIVE_INFINITY, onProgress } = this.#options;
    const lender = this.#sinks.find((sink) => sink.memory !== undefined);
    const memory = lender?.memory === undefined ? undefined : this.#counted(lender.memory);
    // The lender last: when it hands its frame on, others must have copied what they need.
    const order = [...this.#sinks.filter((sink) => sink !== lender), ...(lender === undefined ? [] : [lender])];
    for await (const frame of (this.#source as Source).frames({ memory, signal })) {
      using _ = frame;
      if (signal?.aborted) break;
      this.#start();
      if (await this.#deliver(frame, order)) this.#count(frame);
      onProgress?.(this.#progress);
      if (this.#progress.frames >= limit) break;
      if (performance.now() - this.#turnedMs > turnMs) await this.#turn();
    }
    return this.#stats();
  }

  /** Closes everything that was opened, whatever fails meanwhile; the first failure is thrown. */
  async close(): Promise<void> {
    const { source, sinks } = this.#options;
    const given = [source, ...sinks].filter((end) => typeof end !== 'string');
    const all = new Set([...given, ...this.#sinks, ...(this.#source === undefined ? [] : [this.#source])]);
    const results = await Promise.allSettled([...all].map((end) => end.close()));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async #deliver(frame: Frame, sinks: readonly Sink[]): Promise<boolean> {
    let whole = true;
    for (const sink of sinks) whole = (await sink.write(frame, this.#options.signal)) && whole;
    if (!whole && !this.#options.signal?.aborted) this.#progress.dropped++;
    return whole;
  }

  #count(frame: Frame): void {
    this.#progress.frames++;
    this.#progress.bytes += frameBytes({ format: frame.format, width: frame.width, height: frame.height });
    const age = ageOf(frame);
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
    const missed = this.#source?.missed ?? 0;
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
function ageOf(frame: Frame): number | undefined {
  const { publishTime } = frame as { publishTime?: bigint };
  if (publishTime !== undefined && publishTime > 0n) return Number(process.hrtime.bigint() - publishTime);
  return frame.captureTime > 0n ? Number(unixTime() - frame.captureTime) : undefined;
}
