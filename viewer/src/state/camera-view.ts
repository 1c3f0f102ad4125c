import type { CameraNews, PictureQuality, ViewerNews } from '../../../src/view/wire.js';
import { Histogram } from '../measure/histogram.js';
import { BufferPool } from '../wire/buffer-pool.js';
import { Connection, type ConnectionState } from '../wire/connection.js';
import type { LiveFrame } from '../wire/live-frame.js';
import type { ServerClock } from '../wire/server-clock.js';
import { History } from './history.js';
import { Levels } from './levels.js';
import { Marks } from './marks.js';
import { Meter } from './meter.js';
import { Happening, Observable } from './observable.js';
import { Viewport } from './viewport.js';

/** Pause between measurements of a picture that changes, ms; and how many times as long as a measurement it is at least. */
const measureMs = 120;
const measureRest = 8;

/** While paused, frames are asked for just often enough to know whether the source lives. */
const pausedQuery = { width: 64, fps: 0.5 } as const;

/** One camera in large: its frames as they come, the one that is shown, and everything that is measured in it. */
export class CameraView extends Observable {
  readonly viewport = new Viewport();
  readonly levels = new Levels();
  readonly marks = new Marks();
  readonly meter = new Meter();
  /** Another frame is to be drawn: up to sixty times a second, so apart from what else changes. */
  readonly anotherFrame = new Happening();
  readonly #clock: ServerClock;
  readonly #pool = new BufferPool();
  readonly #history = new History(this.#pool);
  #connection: Connection | undefined;
  #connectionState: ConnectionState = { kind: 'connecting' };
  #news: CameraNews | undefined;
  #viewerNews: ViewerNews | undefined;
  #quality: PictureQuality = 'auto';
  #frame: LiveFrame | undefined;
  #drawn: LiveFrame | undefined;
  #arrivedAt = 0;
  #paused = false;
  #stepping = false;
  #histogram: Histogram | undefined;
  #histogramOf: LiveFrame | undefined;
  #measureTook = 0;
  #measureTimer: ReturnType<typeof setTimeout> | undefined;
  #secondTimer: ReturnType<typeof setInterval>;
  #hidden = document.hidden;

  constructor(
    /** Index of the camera in the server's list. */
    readonly camera: number,
    /** Address of its source. */
    readonly address: string,
    clock: ServerClock,
  ) {
    super();
    this.#clock = clock;
    this.#connection = this.#hidden ? undefined : this.#connect();
    this.#secondTimer = setInterval(() => this.#tick(), 1000);
    document.addEventListener('visibilitychange', this.#visibility);
  }

  /** The frame that is on the screen, or about to be. */
  get frame(): LiveFrame | undefined {
    return this.#frame;
  }

  /** What the server last said of the camera. */
  get news(): CameraNews | undefined {
    return this.#news;
  }

  /** What the server last said of this view. */
  get viewerNews(): ViewerNews | undefined {
    return this.#viewerNews;
  }

  /** Whether frames can come. */
  get connection(): ConnectionState {
    return this.#connectionState;
  }

  /** How pixels are carried: as the user chose. */
  get quality(): PictureQuality {
    return this.#quality;
  }

  /** Whether the picture stands still because the user wants it to. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Frames that can be stepped back through. */
  get remembered(): number {
    return this.#history.length;
  }

  /** How old the picture on the screen is, ms; undefined before the first one. */
  get ageMs(): number | undefined {
    const born = this.#frame?.bornMs ?? 0;
    return born > 0 ? Math.max(0, this.#clock.now() - born) : undefined;
  }

  /** Since when nothing has come, ms. */
  get silenceMs(): number {
    return this.#arrivedAt === 0 ? 0 : performance.now() - this.#arrivedAt;
  }

  /** The shown picture's histogram, made at first use. */
  get histogram(): Histogram | undefined {
    if (this.#histogram === undefined && this.#frame !== undefined) this.#histogram = new Histogram(this.#frame);
    return this.#histogram;
  }

  /** Whether there is something to draw that has not been drawn. */
  get undrawn(): boolean {
    return this.#frame !== this.#drawn;
  }

  /** The frame is on the screen now. */
  drawn(frame: LiveFrame): void {
    if (frame !== this.#drawn) this.meter.shown();
    this.#drawn = frame;
  }

  /** Stops the picture, or lets it run again. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#stepping = false;
    this.#reconnect();
    this.changed();
  }

  /** One frame back or on; beyond the newest, the next one that comes. Pauses. */
  step(places: 1 | -1): void {
    this.pause(true);
    const beside = this.#frame === undefined ? undefined : this.#history.beside(this.#frame, places);
    if (beside !== undefined) this.#show(beside);
    else if (places === 1 && !this.#stepping) {
      this.#stepping = true;
      this.#reconnect();
    }
  }

  /** Chooses how pixels are carried. */
  setQuality(quality: PictureQuality): void {
    this.#quality = quality;
    this.#reconnect();
    this.changed();
  }

  /** Asks the server to open the source again now. */
  async retry(): Promise<void> {
    const body = JSON.stringify({ camera: this.camera });
    await fetch('api/retry', { method: 'POST', body }).catch(() => undefined);
  }

  /** Ends the view. */
  close(): void {
    document.removeEventListener('visibilitychange', this.#visibility);
    clearTimeout(this.#measureTimer);
    clearInterval(this.#secondTimer);
    this.#connection?.close();
    this.#history.clear();
  }

  #connect(): Connection {
    const query = { cameras: [this.camera], quality: this.#quality };
    const waiting = this.#paused && !this.#stepping;
    const connection: Connection = new Connection(
      waiting ? { ...query, ...pausedQuery } : query,
      {
        frame: (frame) => this.#current(connection) && this.#take(frame, waiting),
        news: (news) => this.#current(connection) && this.#hear(news),
        state: (state) => queueMicrotask(() => this.#current(connection) && this.#connected(state)),
      },
      this.#pool,
      this.#clock,
    );
    return connection;
  }

  #current(connection: Connection): boolean {
    return connection === this.#connection;
  }

  #reconnect(): void {
    this.#connection?.close();
    this.meter.reconnected();
    this.#connection = this.#hidden ? undefined : this.#connect();
  }

  /** A page that nobody sees takes no frames, nor one of the six connections that browsers allow to a server. */
  readonly #visibility = (): void => {
    if (this.#hidden === document.hidden) return;
    this.#hidden = document.hidden;
    this.#reconnect();
  };

  #connected(state: ConnectionState): void {
    this.#connectionState = state;
    if (state.kind === 'lost') this.meter.reconnected();
    this.changed();
  }

  #hear(news: ViewerNews): void {
    const own = news.cameras.find(({ camera }) => camera === this.camera);
    const before = this.#news;
    this.#viewerNews = news;
    this.#news = own;
    if (before?.state !== own?.state || before?.reason !== own?.reason || before?.retryInMs !== own?.retryInMs) {
      this.changed();
    }
  }

  #take(frame: LiveFrame, waiting: boolean): void {
    this.#arrivedAt = performance.now();
    if (waiting || (this.#stepping && frame.header.sequence === this.#frame?.header.sequence)) {
      this.#pool.give(frame.buffer);
      return;
    }
    this.meter.arrived(frame);
    if (this.undrawn && this.#frame !== undefined) this.meter.passedOver();
    this.#history.add(frame);
    if (this.#stepping) {
      this.#stepping = false;
      this.#reconnect();
    }
    this.#show(frame);
  }

  #show(frame: LiveFrame): void {
    this.#frame = frame;
    this.viewport.setPicture({ width: frame.header.fullWidth, height: frame.header.fullHeight });
    if (this.#histogramOf === undefined || this.#paused) this.#measure(frame);
    this.#measureTimer ??= setTimeout(
      () => this.#measureNewest(),
      Math.max(measureMs, measureRest * this.#measureTook),
    );
    this.anotherFrame.happen();
  }

  #measureNewest(): void {
    this.#measureTimer = undefined;
    if (this.#frame !== undefined && this.#frame !== this.#histogramOf) this.#measure(this.#frame);
  }

  #measure(frame: LiveFrame): void {
    this.#histogramOf = frame;
    this.#histogram = undefined;
    const histogram = () => {
      this.#histogram ??= new Histogram(frame);
      return this.#histogram;
    };
    const began = performance.now();
    this.levels.follow(frame, histogram);
    this.marks.measure(frame);
    this.#measureTook = performance.now() - began;
  }

  #tick(): void {
    this.meter.tick(this.#clock.now() / 1000, this.#news?.fps ?? 0, this.marks.intensity);
    this.changed();
  }
}
