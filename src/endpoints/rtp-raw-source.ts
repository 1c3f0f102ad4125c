import { Frame } from '../frame/frame.js';
import type { FrameSpec } from '../frame/geometry.js';
import type { AccessUnit } from '../nal/index.js';
import { native } from '../native.js';
import { pixelFormatOfRaw, type RawFormat, unpackRawPixels } from '../rtp/index.js';
import { RecycledMemory } from './recycled-memory.js';
import type { RtpSource } from './rtp-source.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';

/** Uncompressed video from RTP (RFC 4175) as frames, straight in the sink's memory. */
export class RtpRawSource implements Source {
  readonly uri: string;
  readonly #source: RtpSource;
  readonly #format: RawFormat;

  /** Takes the source over: it is closed with this one. Throws `UNSUPPORTED` for samples that no pixel format holds. */
  constructor(source: RtpSource, format: RawFormat) {
    this.uri = source.uri;
    this.#source = source;
    this.#format = format;
    this.#spec();
  }

  /** Pictures that were lost on the way. */
  get missed(): number {
    return this.#source.missed;
  }

  async info(): Promise<StreamInfo> {
    const { fps } = await this.#source.info();
    return { ...this.#spec(), fps };
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { memory = new RecycledMemory(), signal } = options;
    for await (const unit of this.#source.units({ signal })) {
      using held = unit;
      const frame = await this.#frameOf(held, memory, signal);
      if (frame !== undefined) yield frame;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #spec(): FrameSpec {
    const { width, height } = this.#format;
    return { format: pixelFormatOfRaw(this.#format), width, height };
  }

  async #frameOf(unit: AccessUnit, memory: FrameMemory, signal?: AbortSignal): Promise<Frame | undefined> {
    const spec = this.#spec();
    const space = await memory.space(spec, signal);
    if (space === undefined) return undefined;
    const { captureTime, sequence } = unit;
    unpackRawPixels(unit.data, new Frame({ ...spec, planes: space.planes }), native().copySwapped16);
    return space.finish({ captureTime, sequence });
  }
}
