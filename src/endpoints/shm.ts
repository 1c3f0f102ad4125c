import type { Frame } from '../frame/frame.js';
import { Subscriber, type SubscriberFacts, type SubscriberOptions } from '../ring/index.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { badUri, type EndpointUri, flag, oneOf, positive, readOptions, whole } from './uri.js';

const seconds = positive('a number of seconds', 'forever');

const optionReaders = {
  latest: flag,
  every: flag,
  lossless: flag,
  from: oneOf('oldest', 'newest'),
  wait: seconds,
  takeover: seconds,
  follow: flag,
  spin: whole(0, 1_000_000),
};

const milliseconds = (value: number | undefined) => (value === undefined ? undefined : value * 1000);

/** `shm:NAME`: the frames of a ring, lent to whoever takes them, without a copy. */
export class ShmSource implements Source {
  readonly uri: string;
  readonly #name: string;
  readonly #options: SubscriberOptions;
  #subscriber: Subscriber | undefined;
  #closed = false;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri) {
    const { latest, every, wait, takeover, ...options } = readOptions(uri, optionReaders);
    if (latest === true && every === true) throw badUri(uri, 'either latest or every, not both');
    if (uri.path === '') throw badUri(uri, 'name the ring: shm:NAME');
    this.uri = uri.text;
    this.#name = uri.path;
    this.#options = {
      ...options,
      mode: latest === true || every === false ? 'latest' : 'every',
      wait: milliseconds(wait),
      takeover: milliseconds(takeover),
    };
  }

  /** Frames that were overwritten before they could be taken. */
  get missed(): number {
    return this.#subscriber?.missed ?? 0;
  }

  /** What is known of the ring; undefined while it is not attached. */
  get facts(): SubscriberFacts | undefined {
    return this.#subscriber?.facts;
  }

  /** Nothing is known before the first frame: a ring's frames may be of any size. */
  async info(): Promise<StreamInfo> {
    return {};
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { signal } = options;
    if (this.#closed) return;
    try {
      this.#subscriber = await Subscriber.open(this.#name, { ...this.#options, signal });
      yield* this.#subscriber;
    } catch (error) {
      if (!signal?.aborted) throw error;
    } finally {
      this.#subscriber?.close();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#subscriber?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
