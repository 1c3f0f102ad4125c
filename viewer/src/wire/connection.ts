import {
  type MessageHeader,
  messageHeaderBytes,
  messageKinds,
  type PictureQuality,
  pictureEncodings,
  readMessageHeader,
  type ViewerNews,
} from '../../../src/view/wire.js';
import type { BufferPool } from './buffer-pool.js';
import { BusyMeter } from './busy-meter.js';
import { ByteStream } from './byte-stream.js';
import { decodeJpeg } from './jpeg-picture.js';
import { type FrameText, LiveFrame } from './live-frame.js';
import type { ServerClock } from './server-clock.js';
import { decodesVideo, VideoDecoding } from './video-decoding.js';

/** What a connection asks the server for. */
export interface ConnectionQuery {
  readonly cameras: readonly number[];
  /** Pixels across that are wanted at least. */
  readonly width?: number;
  /** Frames a second at most. */
  readonly fps?: number;
  readonly quality?: PictureQuality;
}

/** Whether frames can come. */
export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAtMs: number };

/** Whoever is told of what comes. */
export interface ConnectionEvents {
  frame(frame: LiveFrame): void;
  news(news: ViewerNews): void;
  state(state: ConnectionState): void;
}

/** Largest message that is read, in bytes: the server sends pictures of 128 MiB at most. */
const mostBytes = 256 << 20;

/** Pauses before the next attempt, ms. */
const backOffMs = [250, 500, 1000, 2000, 5000] as const;

/** The server is told of what arrived at most so often, ms. */
const acknowledgeMs = 40;

/** One response of frames from the server; made again when it breaks off. */
export class Connection {
  readonly #query: string;
  readonly #events: ConnectionEvents;
  readonly #pool: BufferPool;
  readonly #clock: ServerClock;
  readonly #stop = new AbortController();
  readonly #meter = new BusyMeter();
  #viewer = '';
  #arrived = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #stream: ByteStream | undefined;
  readonly #videos = new Map<number, VideoDecoding>();

  constructor(query: ConnectionQuery, events: ConnectionEvents, pool: BufferPool, clock: ServerClock) {
    this.#query = queryText(query);
    this.#events = events;
    this.#pool = pool;
    this.#clock = clock;
    void this.#run();
  }

  /** Bytes read on the present response. */
  get bytes(): number {
    return this.#stream?.bytes ?? 0;
  }

  /** Ends it. */
  close(): void {
    this.#stop.abort();
    this.#meter.close();
    clearTimeout(this.#timer);
    this.#endVideos();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#events.state({ kind: 'connecting' });
      const reason = await this.#read(signal).catch((error: Error) => error.message);
      this.#endVideos();
      if (signal.aborted) return;
      const pause = backOffMs[Math.min(this.#failures++, backOffMs.length - 1)] as number;
      this.#events.state({ kind: 'lost', reason, retryAtMs: performance.now() + pause });
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Reads one response to its end; says why it ended. */
  async #read(signal: AbortSignal): Promise<string> {
    const decodes = (await decodesVideo()) ? '&decodes=avc' : '';
    const response = await fetch(`api/frames?${this.#query}${decodes}`, { signal });
    if (!response.ok || response.body === null) return (await response.text()).trim();
    const stream = new ByteStream(response.body);
    this.#stream = stream;
    this.#arrived = 0;
    this.#events.state({ kind: 'open' });
    let headerBuffer: ArrayBuffer | undefined = new ArrayBuffer(messageHeaderBytes);
    for (;;) {
      headerBuffer = await stream.fill(headerBuffer, messageHeaderBytes);
      if (headerBuffer === undefined) return 'the server closed the connection';
      const header = readMessageHeader(new DataView(headerBuffer));
      if (header === undefined || header.bodyBytes > mostBytes) return 'the server sent something else than messages';
      const body = await stream.fill(this.#pool.take(header.bodyBytes), header.bodyBytes);
      if (body === undefined) return 'the server closed the connection';
      this.#failures = 0;
      await this.#deliver(header, body);
      this.#acknowledge(header.number);
    }
  }

  async #deliver(header: MessageHeader, body: ArrayBuffer): Promise<void> {
    const text = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 0, header.textBytes)));
    if (header.kind === messageKinds.news) {
      this.#viewer = (text as ViewerNews).viewer;
      this.#pool.give(body);
      this.#events.news(text as ViewerNews);
    } else if (header.encoding === pictureEncodings.h264) {
      this.#videoOf(header.camera).decode(header, text as FrameText, body);
      this.#pool.give(body);
    } else if (header.encoding === pictureEncodings.jpeg) {
      const decoded = await decodeJpeg(header, body, this.#pool);
      this.#pool.give(body);
      this.#events.frame(new LiveFrame(decoded.header, text as FrameText, decoded.body, this.#clock.now(), false));
    } else {
      this.#events.frame(new LiveFrame(header, text as FrameText, body, this.#clock.now(), true));
    }
  }

  #videoOf(camera: number): VideoDecoding {
    const known = this.#videos.get(camera);
    if (known !== undefined) return known;
    const made = new VideoDecoding(this.#pool, this.#clock, (frame) => {
      if (!this.#stop.signal.aborted) this.#events.frame(frame);
    });
    this.#videos.set(camera, made);
    return made;
  }

  #endVideos(): void {
    for (const video of this.#videos.values()) video.close();
    this.#videos.clear();
  }

  #acknowledge(number: number): void {
    this.#arrived = number;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const body = JSON.stringify({ viewer: this.#viewer, number: this.#arrived, busy: this.#meter.busy });
      // A lost connection shows on the frames' own response.
      fetch('api/arrived', { method: 'POST', body, signal: this.#stop.signal }).catch(() => undefined);
    }, acknowledgeMs);
  }
}

function queryText({ cameras, width, fps, quality }: ConnectionQuery): string {
  const query = new URLSearchParams(cameras.map((camera) => ['camera', String(camera)]));
  if (width !== undefined) query.set('width', String(width));
  if (fps !== undefined) query.set('fps', String(fps));
  if (quality !== undefined) query.set('quality', quality);
  return query.toString();
}
