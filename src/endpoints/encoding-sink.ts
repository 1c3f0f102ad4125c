import { FramelaneError } from '../error.js';
import { Frame } from '../frame/frame.js';
import { EncodedSource } from './encoded-source.js';
import { Lending } from './lending.js';
import type { Sink } from './sink.js';
import type { Source, StreamInfo } from './source.js';
import type { UnitSink } from './unit-sink.js';

/** A sink of encoded video as one of frames, which an ffmpeg of its own encodes for it. */
export class EncodingSink implements Sink {
  readonly uri: string;
  readonly #sink: UnitSink;
  readonly #frames = new Lending<Frame>();
  #info: StreamInfo = {};
  #moving: Promise<void> | undefined;

  /** Takes the sink over: it is closed with this one. Throws `UNSUPPORTED` when nothing encodes for it. */
  constructor(sink: UnitSink) {
    this.uri = sink.uri;
    this.#sink = sink;
    encodingOf(sink);
  }

  async begin(info: StreamInfo): Promise<void> {
    this.#info = info;
    const { width, height, fps } = info;
    await this.#sink.begin?.({ codec: encodingOf(this.#sink).codec, width, height, fps });
  }

  /** Settles once the encoder has the pixels. Throws what went wrong with units before. */
  async write(frame: Frame): Promise<boolean> {
    this.#moving ??= this.#move();
    const { format, width, height, captureTime, sequence, metadata } = frame;
    const about = { format, width, height, captureTime, sequence, metadata };
    return this.#frames.give((onRelease) => new Frame({ ...about, planes: frame.planes, viewOf: frame, onRelease }));
  }

  async close(): Promise<void> {
    this.#frames.end();
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
      await using source = new EncodedSource(lentFrames(this.uri, this.#info, this.#frames), encodingOf(this.#sink));
      for await (const unit of source.units()) {
        using held = unit;
        await this.#sink.write(held);
      }
      this.#frames.end();
    } catch (error) {
      this.#frames.end(error);
    }
  }
}

/** How frames are encoded for a sink. Throws `UNSUPPORTED` when they cannot be. */
export function encodingOf({ uri, encoding, accepts }: UnitSink): NonNullable<UnitSink['encoding']> {
  if (encoding !== undefined) return encoding;
  throw new FramelaneError('UNSUPPORTED', `${uri}: there is no encoder for ${accepts.join(' or ')}`, { subject: uri });
}

function lentFrames(uri: string, info: StreamInfo, lending: Lending<Frame>): Source {
  const close = async () => {}; // Whoever moves the items ends the lending, and knows why.
  async function* frames(): AsyncIterableIterator<Frame> {
    for (let frame = await lending.take(); frame !== undefined; frame = await lending.take()) yield frame;
  }
  const source = { uri, info: async () => info, frames, close };
  return { ...source, [Symbol.asyncIterator]: frames, [Symbol.asyncDispose]: close };
}
