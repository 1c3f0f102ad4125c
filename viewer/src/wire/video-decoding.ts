import { type PixelFormat, pixelFormatCodes, type YuvOptions } from '../../../src/frame/index.js';
import { type MessageHeader, messageFlags } from '../../../src/view/wire.js';
import type { BufferPool } from './buffer-pool.js';
import { type FrameText, LiveFrame } from './live-frame.js';
import type { ServerClock } from './server-clock.js';

/** What WebCodecs calls the layouts that the page draws as they are. */
const layouts: Readonly<Record<string, PixelFormat>> = {
  I420: 'i420',
  NV12: 'nv12',
  RGBA: 'rgba32',
  RGBX: 'rgba32',
  BGRA: 'bgra32',
  BGRX: 'bgrx32',
};

/** Pictures that may be on their way out of the decoder's memory; more are passed over. */
const mostCopying = 3;

/** A stream of the lowest profile: a browser that cannot decode it decodes no H.264. */
const probe = 'avc1.42e01e';

let known: Promise<boolean> | undefined;

/** Whether this browser decodes H.264. */
export function decodesVideo(): Promise<boolean> {
  known ??= asked();
  return known;
}

async function asked(): Promise<boolean> {
  if (typeof VideoDecoder === 'undefined') return false;
  const { supported } = await VideoDecoder.isConfigSupported({ codec: probe }).catch(() => ({ supported: false }));
  return supported === true;
}

/** From now on the server decodes: this browser said that it can, and could not. */
function giveUp(): void {
  known = Promise.resolve(false);
}

/** Decodes the encoded pictures of one camera. */
export class VideoDecoding {
  readonly #pool: BufferPool;
  readonly #clock: ServerClock;
  readonly #take: (frame: LiveFrame) => void;
  readonly #headers = new Map<number, MessageHeader>();
  #decoder: VideoDecoder | undefined;
  #codec = '';
  #copying = 0;
  #failure: string | undefined;

  constructor(pool: BufferPool, clock: ServerClock, take: (frame: LiveFrame) => void) {
    this.#pool = pool;
    this.#clock = clock;
    this.#take = take;
  }

  /** Takes a message with an encoded picture. Throws when the browser cannot go on. */
  decode(header: MessageHeader, text: FrameText, body: ArrayBuffer): void {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    const key = (header.flags & messageFlags.key) !== 0;
    if (key && text.codec !== undefined && text.codec !== this.#codec) this.#configure(text.codec);
    if (this.#decoder === undefined) return;
    this.#headers.set(header.number, header);
    const data = new Uint8Array(body, header.textBytes, header.bodyBytes - header.textBytes);
    // The time stamp only has to come out again: it is the message's number.
    const chunk = new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp: header.number, data });
    this.#decoder.decode(chunk);
  }

  /** Decodes no more. */
  close(): void {
    if (this.#decoder?.state !== 'closed') this.#decoder?.close();
    this.#decoder = undefined;
  }

  #configure(codec: string): void {
    this.close();
    this.#codec = codec;
    this.#decoder = new VideoDecoder({
      output: (picture) => void this.#deliver(picture),
      error: ({ message }) => {
        giveUp();
        this.#failure = `this browser cannot decode the video (${message}); the server will`;
      },
    });
    this.#decoder.configure({ codec, optimizeForLatency: true });
  }

  async #deliver(picture: VideoFrame): Promise<void> {
    const header = this.#headers.get(picture.timestamp);
    this.#headers.delete(picture.timestamp);
    if (header === undefined || this.#copying >= mostCopying) return picture.close();
    this.#copying++;
    try {
      this.#take(await this.#frameOf(picture, header));
    } finally {
      this.#copying--;
      picture.close();
    }
  }

  async #frameOf(picture: VideoFrame, header: MessageHeader): Promise<LiveFrame> {
    const own = picture.format === null ? undefined : layouts[picture.format];
    const options: VideoFrameCopyToOptions = own === undefined ? { format: 'RGBA' } : {};
    const format = pixelFormatCodes[own ?? 'rgba32'];
    const bytes = picture.allocationSize(options);
    const body = this.#pool.take(bytes);
    const planes = await picture.copyTo(new Uint8Array(body, 0, bytes), options);
    const { width, height } = picture.visibleRect as DOMRectReadOnly;
    const strides = [0, 1, 2].map((plane) => planes[plane]?.stride ?? 0) as [number, number, number];
    const shown = { ...header, width, height, fullWidth: width, fullHeight: height, format, sourceFormat: format };
    const whole = { ...shown, strides, textBytes: 0, bodyBytes: bytes };
    return new LiveFrame(whole, { metadata: {} }, body, this.#clock.now(), true, yuvOf(picture));
  }
}

/** Which YUV it is, by the stream's word. */
function yuvOf({ colorSpace, visibleRect }: VideoFrame): YuvOptions {
  const large = (visibleRect?.height ?? 0) > 576;
  const matrix = colorSpace.matrix ?? (large ? 'bt709' : 'bt601');
  return { matrix: matrix === 'bt709' ? 'bt709' : 'bt601', range: colorSpace.fullRange === true ? 'full' : 'limited' };
}
