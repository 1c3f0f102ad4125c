import type { PixelFormat } from '../frame/pixel-format.js';
import { AccessUnit, type Codec } from '../nal/index.js';
import { DecodedSource } from './decoded-source.js';
import { Lending } from './lending.js';
import type { Sink } from './sink.js';
import type { UnitSink } from './unit-sink.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';

/** A sink of frames as one of encoded video, which an ffmpeg of its own decodes for it, straight into its memory. */
export class DecodingSink implements UnitSink {
  readonly uri: string;
  readonly accepts: readonly Codec[];
  readonly #sink: Sink;
  readonly #pixels: PixelFormat;
  readonly #units = new Lending<AccessUnit>();
  #info: UnitStreamInfo;
  #moving: Promise<void> | undefined;

  /** Takes the sink over: it is closed with this one. */
  constructor(sink: Sink, codec: Codec, pixels: PixelFormat = 'rgb24') {
    this.uri = sink.uri;
    this.accepts = [codec];
    this.#sink = sink;
    this.#pixels = pixels;
    this.#info = { codec };
  }

  async begin(info: UnitStreamInfo): Promise<void> {
    this.#info = info;
    const { width, height, fps } = info;
    await this.#sink.begin?.({ width, height, fps, format: this.#pixels });
  }

  /** Settles once the decoder has the bytes. Throws what went wrong with frames before. */
  async write(unit: AccessUnit): Promise<boolean> {
    this.#moving ??= this.#move();
    const { codec, nalUnits, keyFrame, timestamp, captureTime, sequence, data } = unit;
    const about = { codec, nalUnits, keyFrame, timestamp, captureTime, sequence, data };
    return this.#units.give((onRelease) => new AccessUnit({ ...about, onRelease }));
  }

  async close(): Promise<void> {
    this.#units.end();
    try {
      await this.#moving;
    } finally {
      await this.#sink.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #move(): Promise<void> {
    try {
      await using source = new DecodedSource(lentUnits(this.uri, this.#info, this.#units), this.#pixels);
      for await (const frame of source.frames({ memory: this.#sink.memory })) {
        using held = frame;
        await this.#sink.write(held);
      }
      this.#units.end();
    } catch (error) {
      this.#units.end(error);
    }
  }
}

function lentUnits(uri: string, info: UnitStreamInfo, lending: Lending<AccessUnit>): UnitSource {
  const close = async () => {}; // Whoever moves the items ends the lending, and knows why.
  async function* units(): AsyncIterableIterator<AccessUnit> {
    for (let unit = await lending.take(); unit !== undefined; unit = await lending.take()) yield unit;
  }
  const source = { uri, info: async () => info, units, close };
  return { ...source, [Symbol.asyncIterator]: units, [Symbol.asyncDispose]: close };
}
