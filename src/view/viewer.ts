import type { Socket } from 'node:net';
import { pixelFormatCodes } from '../frame/index.js';
import type { Camera, Watcher } from './camera.js';
import { FlowWindow } from './flow-window.js';
import { pictureOf } from './picture.js';
import { Quality } from './quality.js';
import { type Picture, paddedJson, type SharedFrame } from './shared-frame.js';
import {
  type MessageHeader,
  messageHeaderBytes,
  messageKinds,
  type PictureQuality,
  writeMessageHeader,
} from './wire.js';

/** What a view shows of one camera. */
export interface ViewRequest {
  readonly camera: Camera;
  /** Pixels across that are wanted at least: pictures that are much wider lose pixels; Infinity: none is to be lost. */
  readonly width: number;
  /** Most frames a second; Infinity: all. */
  readonly fps: number;
}

/** How a view is sent. */
export interface ViewerOptions {
  /** Its name, for acknowledgements. */
  readonly name: string;
  /** Whether the page says what arrived; without, only the socket's own back-pressure counts. */
  readonly acknowledges: boolean;
  readonly quality: PictureQuality;
}

/** A camera of a view, and the newest frame of it that has not been sent. */
interface Feed extends ViewRequest {
  pending: SharedFrame | undefined;
  skipped: number;
  /** Frames that the camera gave in this second. */
  offered: number;
  sentAt: number;
  leave: () => void;
}

/** How often the page is told how its cameras are, ms. */
const newsMs = 1000;

/** A viewer whose socket takes nothing for so long is dropped: it holds a frame's memory. */
const stallMs = 10_000;

/** A viewer that takes longer than this for a frame, ms, sends copies, so that others can have the frame's memory. */
const promptMs = 100;

/** One page's view: one response, on which the newest frames of its cameras follow one another. */
export class Viewer implements Watcher {
  readonly name: string;
  readonly #socket: Socket;
  readonly #options: ViewerOptions;
  readonly #window = new FlowWindow();
  readonly #quality: Quality;
  readonly #feeds: Feed[];
  #next = 0;
  #number = 0;
  #busy = false;
  #prompt = true;
  #closed = false;
  #copy = new Uint8Array(0);
  #newsTimer: NodeJS.Timeout;
  #dueTimer: NodeJS.Timeout | undefined;
  #newsDue = true;
  #lastBytes = 0;
  #sent = 0;
  #secondAt = performance.now();
  #bytesPerSecond = 0;
  #busyPage = true;

  constructor(socket: Socket, requests: readonly ViewRequest[], options: ViewerOptions) {
    this.name = options.name;
    this.#socket = socket;
    this.#options = options;
    this.#quality = new Quality(options.quality);
    socket.setTimeout(stallMs, () => this.#checkStall());
    this.#newsTimer = setInterval(() => this.#closeSecond(), newsMs);
    this.#feeds = requests.map((request) => ({
      ...request,
      pending: undefined,
      skipped: 0,
      offered: 0,
      sentAt: 0,
      leave: noop,
    }));
    for (const feed of this.#feeds) feed.leave = feed.camera.watch(this);
    this.#pump();
  }

  /** Cameras of this view. */
  get cameras(): readonly Camera[] {
    return this.#feeds.map(({ camera }) => camera);
  }

  /** A camera has a new frame: it takes the place of one that was not sent yet. */
  offer(camera: Camera, frame: SharedFrame): void {
    const feed = this.#feeds.find((one) => one.camera === camera);
    if (feed === undefined) return;
    feed.offered++;
    if (feed.pending !== undefined) {
      feed.pending.release();
      if (feed.fps === Number.POSITIVE_INFINITY) feed.skipped++;
    }
    feed.pending = frame.hold();
    this.#pump();
  }

  /** A camera's state changed. */
  news(): void {
    this.#tell();
  }

  /** The page has all messages up to that number; `busy`: it has more to do than it can. */
  arrived(number: number, busy: boolean): void {
    this.#busyPage ||= busy;
    this.#window.arrived(number, performance.now());
    this.#pump();
  }

  /** Ends the view; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#newsTimer);
    clearTimeout(this.#dueTimer);
    for (const feed of this.#feeds) {
      feed.leave();
      feed.pending?.release();
      feed.pending = undefined;
    }
    this.#socket.destroy();
  }

  #checkStall(): void {
    // The timeout also fires on a view that has nothing to send.
    if (this.#busy) this.close();
  }

  #closeSecond(): void {
    const now = performance.now();
    const { arrivedBytes } = this.#window;
    this.#bytesPerSecond = ((arrivedBytes - this.#lastBytes) * 1000) / Math.max(1, now - this.#secondAt);
    // A view that asked for few frames misses most of them, on the best of links.
    const offered = this.#feeds.reduce((sum, feed) => sum + Math.min(feed.offered, feed.fps), 0);
    const delivery = { offered, sent: this.#sent, bytesPerSecond: this.#bytesPerSecond };
    // Smaller pictures do not help a page that is too busy to take them: only a slow link is judged.
    if (this.#options.acknowledges && !this.#busyPage) this.#quality.judge(delivery);
    this.#busyPage = false;
    this.#lastBytes = arrivedBytes;
    this.#secondAt = now;
    for (const feed of this.#feeds) feed.offered = 0;
    this.#sent = 0;
    this.#tell();
  }

  #tell(): void {
    this.#newsDue = true;
    this.#pump();
  }

  /** Sends what may be sent now. */
  #pump(): void {
    if (this.#busy || this.#closed) return;
    if (this.#newsDue) this.#sendNews();
    if (this.#busy || !this.#mayLeave()) return;
    const feed = this.#dueFeed();
    if (feed === undefined) return;
    const frame = feed.pending as SharedFrame;
    feed.pending = undefined;
    this.#send(feed, frame);
  }

  #mayLeave(): boolean {
    return !this.#options.acknowledges || this.#window.open;
  }

  /** The next camera in turn that has a frame whose time has come. */
  #dueFeed(): Feed | undefined {
    const now = performance.now();
    let wait = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < this.#feeds.length; turn++) {
      const index = (this.#next + turn) % this.#feeds.length;
      const feed = this.#feeds[index] as Feed;
      if (feed.pending === undefined) continue;
      const due = feed.sentAt + 1000 / feed.fps;
      if (due <= now) {
        this.#next = index + 1;
        // Measured from when it was due, not from now: otherwise rates sink by the timers' jitter.
        feed.sentAt = now - due < 1000 / feed.fps ? due : now;
        return feed;
      }
      wait = Math.min(wait, due - now);
    }
    clearTimeout(this.#dueTimer);
    if (Number.isFinite(wait)) this.#dueTimer = setTimeout(() => this.#pump(), wait);
    return undefined;
  }

  #send(feed: Feed, frame: SharedFrame): void {
    const picture = pictureOf(frame, { ...this.#quality.formOf(frame.frame), width: feed.width });
    this.#sent++;
    const shared = picture === frame.raw;
    const lent = shared && this.#prompt && frame.beginWrite();
    const began = performance.now();
    const done = () => {
      if (lent) frame.endWrite();
      frame.release();
      this.#prompt = performance.now() - began < promptMs;
    };
    const pieces = shared && !lent ? this.#copied(picture) : picture.pieces;
    this.#write(this.#header(feed, frame, picture), [frame.text, ...pieces], done);
  }

  /** The picture in memory of this viewer's own: there is one write at a time, so one buffer is enough. */
  #copied(picture: Picture): readonly Uint8Array[] {
    if (this.#copy.length < picture.bytes) this.#copy = new Uint8Array(picture.bytes);
    let at = 0;
    for (const piece of picture.pieces) {
      this.#copy.set(piece, at);
      at += piece.length;
    }
    return [this.#copy.subarray(0, at)];
  }

  #header(feed: Feed, { frame, text, publishedMs, missed }: SharedFrame, picture: Picture): MessageHeader {
    const { encoding, width, height, format, reduction, strides } = picture;
    return {
      ...this.#emptyHeader(text.length, text.length + picture.bytes),
      kind: messageKinds.frame,
      encoding,
      camera: feed.camera.index,
      width,
      height,
      format,
      reduction,
      strides,
      sourceFormat: pixelFormatCodes[frame.format],
      captureTime: frame.captureTime,
      publishedMs,
      sequence: frame.sequence,
      missed,
      skipped: feed.skipped,
      fullWidth: frame.width,
      fullHeight: frame.height,
    };
  }

  #emptyHeader(textBytes: number, bodyBytes: number): MessageHeader {
    return {
      ...blank,
      textBytes,
      bodyBytes,
      number: ++this.#number,
      sentMs: performance.timeOrigin + performance.now(),
    };
  }

  #sendNews(): void {
    this.#newsDue = false;
    const text = paddedJson({
      viewer: this.name,
      cameras: this.#feeds.map(({ camera }) => camera.news()),
      quality: this.#options.quality,
      bytesPerSecond: this.#bytesPerSecond,
    });
    this.#write({ ...this.#emptyHeader(text.length, text.length), kind: messageKinds.news }, [text], noop);
  }

  #write(header: MessageHeader, pieces: readonly Uint8Array[], done: () => void): void {
    const bytes = new Uint8Array(messageHeaderBytes);
    writeMessageHeader(new DataView(bytes.buffer), header);
    this.#window.sent(header.number, messageHeaderBytes + header.bodyBytes, performance.now());
    this.#busy = true;
    this.#socket.cork();
    this.#socket.write(bytes);
    pieces.forEach((piece, index) => {
      if (index < pieces.length - 1) this.#socket.write(piece);
    });
    // Called with an error too, when the viewer has gone meanwhile.
    this.#socket.write(pieces.at(-1) as Uint8Array, () => {
      this.#busy = false;
      done();
      this.#pump();
    });
    this.#socket.uncork();
  }
}

const noop = (): void => undefined;

const blank: MessageHeader = {
  kind: 0,
  encoding: 0,
  camera: 0,
  width: 0,
  height: 0,
  format: 0,
  sourceFormat: 0,
  reduction: 1,
  flags: 0,
  textBytes: 0,
  bodyBytes: 0,
  strides: [0, 0, 0],
  number: 0,
  captureTime: 0n,
  publishedMs: 0,
  sentMs: 0,
  sequence: 0,
  missed: 0,
  skipped: 0,
  fullWidth: 0,
  fullHeight: 0,
};
