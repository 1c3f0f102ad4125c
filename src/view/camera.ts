import { setTimeout as sleep } from 'node:timers/promises';
import { unixTime } from '../endpoints/clock.js';
import { type Original, originalOf } from '../endpoints/original.js';
import type { Source } from '../endpoints/source.js';
import { isUnitSource, type UnitSource, type UnitStreamInfo } from '../endpoints/unit-source.js';
import { parseUri } from '../endpoints/uri.js';
import { FramelaneError } from '../error.js';
import { copyFrame, type Frame, frameBytes } from '../frame/index.js';
import { EncodedPicture } from './encoded-picture.js';
import { FrameRate } from './frame-rate.js';
import { OriginalShelf } from './original-shelf.js';
import { PictureGroup } from './picture-group.js';
import { SharedFrame } from './shared-frame.js';
import { SideDecoder } from './side-decoder.js';
import { comesBack, isStandardInput, openViewedSource } from './viewed-source.js';
import type { CameraNews, CameraState } from './wire.js';

/** Whoever looks at a camera. Both calls return at once: nobody may hold a camera up. */
export interface Watcher {
  /** Whether it takes encoded pictures where there are some, instead of frames. */
  readonly decodes: boolean;
  /** There is a new frame; hold it to keep it. */
  offer(camera: Camera, frame: SharedFrame): void;
  /** There is a new encoded picture. */
  offerEncoded(camera: Camera, picture: EncodedPicture): void;
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
  readonly #group = new PictureGroup();
  #newest: SharedFrame | undefined;
  #source: Source | UnitSource | undefined;
  #decoder: SideDecoder | undefined;
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #stopped: Promise<void> = Promise.resolve();
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

  /** Frames that were lost before they got here. */
  get missed(): number {
    return this.#source?.missed ?? 0;
  }

  /** Looks at it from now on; the newest frame is offered at once. Call the answer to stop. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    clearTimeout(this.#linger);
    if (!this.#closed) this.#running ??= this.#start();
    if (watcher.decodes && this.#group.pictures.length > 0) {
      for (const picture of this.#group.pictures) watcher.offerEncoded(this, picture);
    } else if (this.#newest !== undefined) watcher.offer(this, this.#newest);
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
      missed: this.missed,
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

  #stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    this.#retryNow.abort();
    this.#stopped = this.#end(running?.ended);
    return this.#stopped;
  }

  async #end(ended: Promise<void> | undefined): Promise<void> {
    await this.#source?.close();
    await ended;
    this.#newest?.release();
    this.#newest = undefined;
    this.#shelf.clear();
    this.#say('idle');
  }

  async #run(signal: AbortSignal): Promise<void> {
    // Somebody may come back while the source is still being closed behind the last one who left.
    await this.#stopped;
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
      if (isUnitSource(source)) await this.#watchUnits(source, signal);
      else for await (const frame of source.frames({ signal })) this.#take(frame, copies());
      this.#say('ended', { message: 'The source has ended' });
    } catch (error) {
      this.#say('failed', reasonOf(error));
    } finally {
      this.#group.clear();
      await this.#endDecoder();
      await this.#source?.close().catch(() => undefined); // Its failure has been told, or it is of no use to anybody.
    }
  }

  async #watchUnits(source: UnitSource, signal: AbortSignal): Promise<void> {
    const info = await source.info();
    for await (const unit of source.units({ signal })) {
      using held = unit;
      const picture = new EncodedPicture(held, unixMs());
      this.#group.add(picture);
      this.#came(picture.data.length);
      await this.#decodeBeside(info, picture);
      for (const watcher of this.#watchers) if (watcher.decodes) watcher.offerEncoded(this, picture);
    }
  }

  /** For viewers who want frames an ffmpeg decodes; it begins with the group's key frame, and ends with the last of them. */
  async #decodeBeside(info: UnitStreamInfo, picture: EncodedPicture): Promise<void> {
    const wanted = [...this.#watchers].some((watcher) => !watcher.decodes);
    if (!wanted) return this.#endDecoder();
    if (this.#decoder !== undefined) return this.#decoder.push(picture);
    const decoder = new SideDecoder(this.address, info, this.#share, (error) => this.#say('failed', reasonOf(error)));
    this.#decoder = decoder;
    for (const earlier of this.#group.pictures) decoder.push(earlier);
  }

  async #endDecoder(): Promise<void> {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    await decoder?.close();
  }

  #take(given: Frame, copied: boolean): void {
    const frame = copied ? copyFrame(given) : given;
    const original = originalOf(given);
    if (original !== undefined) this.#shelf.add(frame, original);
    this.#came(frameBytes({ format: frame.format, width: frame.width, height: frame.height }));
    this.#share(frame, publishedMs(given));
    if (copied) given.release();
  }

  readonly #share = (frame: Frame, published = unixMs()): void => {
    const shared = new SharedFrame(frame, published, this.missed, this.#lending);
    this.#newest?.release();
    this.#newest = shared;
    for (const watcher of this.#watchers) {
      if (!watcher.decodes || this.#group.pictures.length === 0) watcher.offer(this, shared);
    }
  };

  /** A frame or a picture has come: the source lives. */
  #came(bytes: number): void {
    this.#failures = 0;
    this.#rate.add(performance.now(), bytes);
    if (this.#state !== 'live') this.#say('live');
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
  const now = unixMs();
  const { publishTime } = frame as { publishTime?: bigint };
  if (publishTime === undefined || publishTime <= 0n) return now;
  return now - Number(process.hrtime.bigint() - publishTime) / 1e6;
}

function unixMs(): number {
  return Number(unixTime() / 1000n) / 1000;
}
