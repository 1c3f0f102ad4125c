import type { CameraNews } from '../../../src/view/wire.js';
import { Histogram } from '../measure/histogram.js';
import { BufferPool } from '../wire/buffer-pool.js';
import { Connection, type ConnectionState } from '../wire/connection.js';
import type { LiveFrame } from '../wire/live-frame.js';
import type { ServerClock } from '../wire/server-clock.js';
import { Levels } from './levels.js';
import { Observable } from './observable.js';

/** Pixels across and frames a second of small pictures. */
const tileQuery = { width: 480, fps: 12 } as const;

/** How often a tile's levels follow its picture, ms. */
const measureMs = 500;

/** What is known of one camera of the grid. */
export class Tile extends Observable {
  readonly levels = new Levels();
  readonly #clock: ServerClock;
  #frame: LiveFrame | undefined;
  #news: CameraNews;
  #arrivedAt = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(news: CameraNews, clock: ServerClock) {
    super();
    this.#news = news;
    this.#clock = clock;
  }

  /** The newest picture. */
  get frame(): LiveFrame | undefined {
    return this.#frame;
  }

  /** What the server last said of the camera. */
  get news(): CameraNews {
    return this.#news;
  }

  /** Since when nothing has come, ms. */
  get silenceMs(): number {
    return this.#arrivedAt === 0 ? 0 : performance.now() - this.#arrivedAt;
  }

  /** How old the picture is, ms. */
  get ageMs(): number | undefined {
    const born = this.#frame?.bornMs ?? 0;
    return born > 0 ? Math.max(0, this.#clock.now() - born) : undefined;
  }

  /** Takes a frame; answers the one it replaces. */
  take(frame: LiveFrame): LiveFrame | undefined {
    const before = this.#frame;
    this.#frame = frame;
    this.#arrivedAt = performance.now();
    if (this.#arrivedAt - this.#measuredAt > measureMs) {
      this.#measuredAt = this.#arrivedAt;
      this.levels.follow(frame, () => new Histogram(frame));
    }
    this.changed();
    return before;
  }

  /** Takes what the server says. */
  hear(news: CameraNews): void {
    this.#news = news;
    this.changed();
  }
}

/** All cameras in small, over one connection: browsers allow six to a server. */
export class GridWatch extends Observable {
  readonly tiles: readonly Tile[];
  readonly #pool = new BufferPool();
  readonly #clock: ServerClock;
  #connection: Connection | undefined;
  #state: ConnectionState = { kind: 'connecting' };

  constructor(cameras: readonly CameraNews[], clock: ServerClock) {
    super();
    this.#clock = clock;
    this.tiles = cameras.map((news) => new Tile(news, clock));
    document.addEventListener('visibilitychange', this.#visibility);
    this.#visibility();
  }

  /** Whether frames can come. */
  get connection(): ConnectionState {
    return this.#state;
  }

  /** Ends the view. */
  close(): void {
    document.removeEventListener('visibilitychange', this.#visibility);
    this.#connection?.close();
  }

  /** A page that nobody sees takes no frames. */
  readonly #visibility = (): void => {
    this.#connection?.close();
    this.#connection = document.hidden ? undefined : this.#connect();
  };

  #connect(): Connection {
    const cameras = this.tiles.map(({ news }) => news.camera);
    return new Connection(
      { cameras, ...tileQuery },
      {
        frame: (frame) => {
          const replaced = this.#tile(frame.header.camera)?.take(frame);
          if (replaced !== undefined) this.#pool.give(replaced.buffer);
        },
        news: ({ cameras: all }) => {
          for (const news of all) this.#tile(news.camera)?.hear(news);
        },
        state: (state) => {
          this.#state = state;
          this.changed();
        },
      },
      this.#pool,
      this.#clock,
    );
  }

  #tile(camera: number): Tile | undefined {
    return this.tiles.find(({ news }) => news.camera === camera);
  }
}
