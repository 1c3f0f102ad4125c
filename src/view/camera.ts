import { setTimeout as sleep } from 'node:timers/promises';
import { unixTime } from '../endpoints/clock.js';
import { type Original, originalOf } from '../endpoints/original.js';
import type { Source } from '../endpoints/source.js';
import { parseUri } from '../endpoints/uri.js';
import { FramelaneError } from '../error.js';
import { copyFrame, type Frame, frameBytes } from '../frame/index.js';
import { FrameRate } from './frame-rate.js';
import { OriginalShelf } from './original-shelf.js';
import { SharedFrame } from './shared-frame.js';
import { comesBack, isStandardInput, openViewedSource } from './viewed-source.js';
import type { CameraNews, CameraState } from './wire.js';

/** Whoever looks at a camera. Both calls return at once: nobody may hold a camera up. */
export interface Watcher {
  /** There is a new frame; hold it to keep it. */
  offer(camera: Camera, frame: SharedFrame): void;
  /** The camera's state changed. */
  news(camera: Camera): void;
}

/** Pauses before a source that failed is opened again, ms. */
const backOffMs = [250, 500, 1000, 2000, 5000] as const;

/** How long a source goes on with nobody looking, ms: reloading a page should not restart a camera. */
const lingerMs = 5000;

/** A source that any number of viewers look at; open while somebody does, opened again when it fails. */
export class Camera {
  /** Its source's memory that sockets hold. */
  readonly #lending = { lent: 0 };
  readonly #watchers = new Set<Watcher>();
  readonly #rate = new FrameRate();
  readonly #shelf = new OriginalShelf();
  #newest: SharedFrame | undefined;
  #source: Source | undefined;
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #linger: NodeJS.Timeout | undefined;
  #state: CameraState = 'idle';
  #reason: { readonly message: string; readonly code?: string } | undefined;
  #retryAt: number | undefined;
  #retryNow = new AbortController();
  #failures = 0;
  #closed = false;

  constructor(
    /** Index in the server's list. */
    readonly index: number,
    /** The source's address. */
    readonly address: string,
  ) {}

  /** The newest frame there is. */
  get newest(): SharedFrame | undefined {
    return this.#newest;
  }

  /** Looks at it from now on; the newest frame is offered at once. Call the answer to stop. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    clearTimeout(this.#linger);
    if (!this.#closed) this.#running ??= this.#start();
    if (this.#newest !== undefined) watcher.offer(this, this.#newest);
    return () => this.#leave(watcher);
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0 || isStandardInput(parseUri(this.address))) return;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => void this.#stop(), lingerMs).unref();
  }

  /** Opens a source that ended or failed again, now. */
  retry(): void {
    if (this.#state === 'ended' && this.#running === undefined && this.#watchers.size > 0) {
      this.#running = this.#start();
    }
    this.#retryNow.abort();
  }

  /** What the page is told of it. */
  news(): CameraNews {
    const now = performance.now();
    return {
      camera: this.index,
      address: this.address,
      state: this.#state,
      reason: this.#reason?.message,
      code: this.#reason?.code,
      retryInMs: this.#retryAt === undefined ? undefined : Math.max(0, Math.round(this.#retryAt - now)),
      ...this.#rate.measure(now),
      missed: this.#source?.missed ?? 0,
      viewers: this.#watchers.size,
      originals: !this.#shelf.empty,
    };
  }

  /** What the frame of that number and time was decoded from; undefined when that is no longer kept, or never was. */
  original(sequence: number, captureTime: bigint): Original | undefined {
    return this.#shelf.find(sequence, captureTime);
  }

  /** Closes the source and lets the newest frame go. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#linger);
    await this.#stop();
  }

  #start(): { stop: AbortController; ended: Promise<void> } {
    const stop = new AbortController();
    return { stop, ended: this.#run(stop.signal) };
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    this.#retryNow.abort();
    await this.#source?.close();
    await running?.ended;
    this.#newest?.release();
    this.#newest = undefined;
    this.#shelf.clear();
    this.#say('idle');
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#watchSource(signal);
      if (signal.aborted) return;
      if (this.#state === 'ended' && !comesBack(this.address)) {
        this.#running = undefined;
        return;
      }
      await this.#backOff();
    }
  }

  async #watchSource(signal: AbortSignal): Promise<void> {
    this.#say('opening', this.#reason);
    try {
      const { source, copies } = await openViewedSource(this.address, (error) => this.#trouble(error));
      this.#source = source;
      for await (const frame of source.frames({ signal })) this.#take(frame, copies());
      this.#say('ended', { message: 'the source has ended' });
    } catch (error) {
      this.#say('failed', reasonOf(error));
    } finally {
      await this.#source?.close().catch(() => undefined); // Its failure has been told, or it is of no use to anybody.
    }
  }

  #take(given: Frame, copied: boolean): void {
    const frame = copied ? copyFrame(given) : given;
    const shared = new SharedFrame(frame, publishedMs(given), this.#source?.missed ?? 0, this.#lending);
    if (copied) given.release();
    this.#newest?.release();
    this.#newest = shared;
    this.#failures = 0;
    const original = originalOf(given);
    if (original !== undefined) this.#shelf.add(frame, original);
    this.#rate.add(performance.now(), frameBytes({ format: frame.format, width: frame.width, height: frame.height }));
    if (this.#state !== 'live') this.#say('live');
    for (const watcher of this.#watchers) watcher.offer(this, shared);
  }

  /** What a source overcomes by itself: the page says so until the next frame comes. */
  #trouble(error: FramelaneError): void {
    this.#say('failed', reasonOf(error));
  }

  async #backOff(): Promise<void> {
    const pause = backOffMs[Math.min(this.#failures++, backOffMs.length - 1)] as number;
    this.#retryAt = performance.now() + pause;
    this.#retryNow = new AbortController();
    this.#tell();
    await sleep(pause, undefined, { signal: this.#retryNow.signal }).catch(() => undefined);
    this.#retryAt = undefined;
  }

  #say(state: CameraState, reason?: { message: string; code?: string }): void {
    this.#state = state;
    this.#reason = reason;
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher.news(this);
  }
}

function reasonOf(error: unknown): { message: string; code?: string } {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof FramelaneError ? { message, code: error.code } : { message };
}

/** When a frame out of a ring was published, otherwise now: ms since 1970. */
function publishedMs(frame: Frame): number {
  const now = Number(unixTime() / 1000n) / 1000;
  const { publishTime } = frame as { publishTime?: bigint };
  if (publishTime === undefined || publishTime <= 0n) return now;
  return now - Number(process.hrtime.bigint() - publishTime) / 1e6;
}
