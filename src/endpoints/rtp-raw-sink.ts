import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import { native } from '../native.js';
import { RtpSender } from '../net/index.js';
import { packRawPixels, rawFormatOf, rawLayout } from '../rtp/index.js';
import { type RtpSinkOptions, SdpOutput, senderOptions } from './rtp-sink.js';
import type { Sink } from './sink.js';
import type { StreamInfo } from './source.js';
import { TimestampGrid } from './timestamp-grid.js';
import type { EndpointUri } from './uri.js';

/** `rtp://HOST:PORT?codec=raw`: frames as they are (RFC 4175), in the byte order of the network. */
export class RtpRawSink implements Sink {
  readonly uri: string;
  readonly #address: EndpointUri;
  readonly #sdp: SdpOutput;
  #fps: number | undefined;
  #grid: TimestampGrid | undefined;
  #sender: Promise<RtpSender> | undefined;
  /** Format and size of the first frame: the stream's. */
  #shape = '';
  #pixels = new Uint8Array(0);
  #closed = false;

  /** Nothing is opened before the first frame. Throws `BAD_URI`. */
  constructor(uri: EndpointUri, options: RtpSinkOptions = {}) {
    senderOptions(uri);
    this.uri = uri.text;
    this.#address = uri;
    this.#sdp = new SdpOutput(uri, options);
  }

  async begin({ fps }: StreamInfo): Promise<void> {
    this.#fps = fps;
  }

  async write(frame: Frame): Promise<boolean> {
    const sender = await this.#open(frame);
    packRawPixels(frame, this.#pixels, native().copySwapped16);
    this.#grid ??= new TimestampGrid(this.#fps);
    await sender.write(this.#pixels, {
      timestamp: this.#grid.timestampOf(frame.captureTime),
      captureTime: frame.captureTime,
    });
    await this.#sdp.written();
    return true;
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    this.#closed = true;
    const sender = await this.#sender?.catch(() => undefined); // Its failure was told to whoever wrote.
    await sender?.close();
    await this.#sdp.written();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open({ format, width, height }: Frame): Promise<RtpSender> {
    if (this.#closed) throw new FramelaneError('SOCKET_CLOSED', `${this.uri}: closed`, { subject: this.uri });
    const shape = `${width}x${height} ${format}`;
    if (this.#sender !== undefined && shape !== this.#shape) {
      const message = `${this.uri}: began with ${this.#shape} and cannot go on with ${shape}; send that to another port`;
      throw new FramelaneError('UNSUPPORTED', message, { subject: this.uri });
    }
    this.#shape = shape;
    this.#sender ??= this.#start(rawFormatOf(format, width, height));
    return this.#sender;
  }

  async #start(payload: ReturnType<typeof rawFormatOf>): Promise<RtpSender> {
    this.#pixels = new Uint8Array(rawLayout(payload).bytes);
    const sender = await RtpSender.open({
      ...senderOptions(this.#address),
      frameRate: this.#fps,
      codec: 'raw',
      payload,
    });
    this.#sdp.show(sender.sdp);
    return sender;
  }
}
