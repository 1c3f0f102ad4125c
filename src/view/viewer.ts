import type { Socket } from 'node:net';
import { pixelFormatCodes } from '../frame/index.js';
import type { Camera, Watcher } from './camera.js';
import { EncodedPicture } from './encoded-picture.js';
import { Feed, type ViewRequest } from './feed.js';
import { FlowWindow } from './flow-window.js';
import { pictureOf } from './picture.js';
import { Quality } from './quality.js';
import { type Picture, paddedJson, type SharedFrame } from './shared-frame.js';
import {
  type MessageHeader,
  messageFlags,
  messageHeaderBytes,
  messageKinds,
  type PictureQuality,
  pictureEncodings,
  writeMessageHeader,
} from './wire.js';

/** How a view is sent. */
export interface ViewerOptions {
  /** Its name, for acknowledgements. */
  readonly name: string;
  /** Whether the page says what arrived; without, only the socket's own back-pressure counts. */
  readonly acknowledges: boolean;
  /** Whether the page decodes H.264. */
  readonly decodes: boolean;
  readonly quality: PictureQuality;
  /** A viewer whose socket takes nothing for so many ms is dropped: it holds a frame's memory. Default: 10 s. */
  readonly stallMs?: number;
}

/** How often the page is told how its cameras are, ms. */
const newsMs = 1000;

/** A viewer that takes longer than this for a frame, ms, sends copies, so that others can have the frame's memory. */
const promptMs = 100;

/** One page's view: one response, on which the newest frames of its cameras follow one another. */
export class Viewer implements Watcher {
  readonly name: string;
  readonly #socket: Socket;
  readonly #options: ViewerOptions;
  readonly #window = new FlowWindow();
  readonly #quality: Quality;
  readonly #feeds: readonly Feed[];
  #leave: readonly (() => void)[] = [];
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
    socket.setTimeout(options.stallMs ?? 10_000, () => this.#checkStall());
    this.#newsTimer = setInterval(() => this.#closeSecond(), newsMs);
    this.#feeds = requests.map((request) => new Feed(request));
    this.#leave = this.#feeds.map(({ camera }) => camera.watch(this));
    this.#pump();
  }

  /** Whether encoded pictures are wanted as they are: not when the viewer chose how pixels are to come. */
  get decodes(): boolean {
    return this.#options.decodes && this.#options.quality === 'auto';
  }

  /** A camera has a new frame. */
  offer(camera: Camera, frame: SharedFrame): void {
    this.#feedOf(camera)?.put(frame);
    this.#pump();
  }

  /** A camera has a new encoded picture. */
  offerEncoded(camera: Camera, picture: EncodedPicture): void {
    this.#feedOf(camera)?.putEncoded(picture);
    this.#pump();
  }

  #feedOf(camera: Camera): Feed | undefined {
    return this.#feeds.find((feed) => feed.camera === camera);
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
    for (const leave of this.#leave) leave();
    for (const feed of this.#feeds) feed.close();
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
    const now = performance.now();
    const feed = this.#dueFeed(now);
    const next = feed?.take(now);
    if (feed === undefined || next === undefined) return;
    this.#sent++;
    if (next instanceof EncodedPicture) this.#sendEncoded(feed, next);
    else this.#send(feed, next);
  }

  #mayLeave(): boolean {
    return !this.#options.acknowledges || this.#window.open;
  }

  /** The next camera in turn that has something whose time has come. */
  #dueFeed(now: number): Feed | undefined {
    let wait = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < this.#feeds.length; turn++) {
      const index = (this.#next + turn) % this.#feeds.length;
      const feed = this.#feeds[index] as Feed;
      const own = feed.wait(now);
      if (own === 0) {
        this.#next = index + 1;
        return feed;
      }
      wait = Math.min(wait, own);
    }
    clearTimeout(this.#dueTimer);
    if (Number.isFinite(wait)) this.#dueTimer = setTimeout(() => this.#pump(), wait);
    return undefined;
  }

  #send(feed: Feed, frame: SharedFrame): void {
    const picture = pictureOf(frame, { ...this.#quality.formOf(frame.frame), width: feed.width });
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

  #sendEncoded(feed: Feed, picture: EncodedPicture): void {
    const { text, data, keyFrame, captureTime, publishedMs, sequence } = picture;
    const header = {
      ...this.#emptyHeader(text.length, text.length + data.length),
      kind: messageKinds.frame,
      encoding: pictureEncodings.h264,
      flags: keyFrame ? messageFlags.key : 0,
      camera: feed.camera.index,
      captureTime,
      publishedMs,
      sequence,
      missed: feed.camera.missed,
      skipped: feed.skipped,
    };
    this.#write(header, [text, data], noop);
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
    const length = messageHeaderBytes + header.bodyBytes;
    if (this.#options.acknowledges) this.#window.sent(header.number, length, performance.now());
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
