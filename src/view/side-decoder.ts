import { DecodedSource } from '../endpoints/decoded-source.js';
import type { UnitSource, UnitStreamInfo } from '../endpoints/unit-source.js';
import type { Frame } from '../frame/index.js';
import type { AccessUnit } from '../nal/index.js';
import type { EncodedPicture } from './encoded-picture.js';

/** Pictures that may wait for the decoder; a decoder that is slower begins again at the next key frame. */
const mostWaiting = 300;

/** Decodes a stream beside the viewers who get it as it is, for those who cannot decode it. */
export class SideDecoder implements UnitSource {
  readonly uri: string;
  readonly #info: UnitStreamInfo;
  readonly #decoded: DecodedSource;
  #waiting: EncodedPicture[] = [];
  #wake: () => void = () => undefined;
  /** Whether pictures are of no use until the next key frame. */
  #wantsKey = true;
  #closed = false;

  /** `take` gets the frames and releases them; `failed` is called once, when it cannot go on. */
  constructor(uri: string, info: UnitStreamInfo, take: (frame: Frame) => void, failed: (error: unknown) => void) {
    this.uri = uri;
    this.#info = info;
    this.#decoded = new DecodedSource(this);
    void this.#run(take).catch(failed);
  }

  /** Hands it the next picture. */
  push(picture: EncodedPicture): void {
    if (this.#waiting.length >= mostWaiting) {
      this.#waiting = [];
      this.#wantsKey = true;
    }
    this.#wantsKey &&= !picture.keyFrame;
    if (!this.#wantsKey) this.#waiting.push(picture);
    this.#wake();
  }

  async info(): Promise<UnitStreamInfo> {
    return this.#info;
  }

  async *units(): AsyncIterableIterator<AccessUnit> {
    while (!this.#closed) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next.toUnit();
      else await this.#another();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<AccessUnit> {
    return this.units();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake();
    await this.#decoded.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #another(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #run(take: (frame: Frame) => void): Promise<void> {
    for await (const frame of this.#decoded.frames()) {
      if (this.#closed) frame.release();
      else take(frame);
    }
  }
}
