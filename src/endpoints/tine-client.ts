import { FramelaneError } from '../error.js';
import type { LinkStats } from '../tine/net/link-action.js';
import { checkLinkOptions, defaultLinkOptions, type LinkOptions } from '../tine/net/link-options.js';
import { nextStarttime } from '../tine/net/link-request.js';
import type { ReceivedImage } from '../tine/net/received-image.js';
import { checkTineAddress, nameServerHost, parseTineAddress, type TineAddress, type TineHost } from './tine-address.js';
import { LinkDriver } from './tine-link-driver.js';
import { lookUpServer } from './tine-name-server.js';
import { byteCount, flag, oneOf, parseUri, positive, readOptions, whole } from './uri.js';

/** An image from a camera: `bytes` (header and image) until `release()`. */
export type TineImageMessage = ReceivedImage;

/** How a camera is read; what the address does not say. All are optional. */
export interface TineCameraOptions
  extends Partial<Omit<LinkOptions, 'target' | 'mode' | 'id' | 'starttime' | 'maximumCapacity'>> {
  /** Iterate over one image only, then end; default false. */
  readonly single?: boolean;
  /** Told of everything that went wrong and was overcome. */
  readonly onTrouble?: (error: FramelaneError) => void;
}

/** What became of a camera's images. */
export interface TineCameraStats extends Readonly<LinkStats> {
  /** Images that newer ones replaced before anybody took them. */
  readonly skipped: number;
}

const milliseconds = positive('a number of milliseconds', 'forever');

/** The options of `tine:` addresses that the client understands. */
export const tineOptionReaders = {
  ens: nameServerHost,
  interval: whole(1, 3_600_000),
  transport: oneOf('tcp', 'udp', 'stream'),
  single: flag,
  capacity: byteCount,
  timeout: milliseconds,
  patience: milliseconds,
  distinct: flag,
  buffers: whole(2, 64),
  user: (text: string) => text,
};

/** Opens nothing yet: the first `get()` or iteration connects. Throws `BAD_URI`, `BAD_ARGUMENT`. */
export function openTineCamera(where: string | TineAddress, options: TineCameraOptions = {}): TineCamera {
  if (typeof where !== 'string') return new TineCamera(where, options);
  const uri = parseUri(where);
  const { ens, ...own } = readOptions(uri, tineOptionReaders);
  return new TineCamera(parseTineAddress(uri, ens), { ...own, ...options });
}

/** What waits for the next image. */
interface Waiter {
  resolve(image: ReceivedImage | undefined): void;
  reject(error: unknown): void;
}

/** The newest image that nobody has taken yet, or whoever waits for it. */
class NewestImage {
  #image: ReceivedImage | undefined;
  #error: FramelaneError | undefined;
  #waiter: Waiter | undefined;
  /** Images that were replaced by newer ones before anybody took them. */
  skipped = 0;

  put(image: ReceivedImage): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) {
      waiter.resolve(image);
      return;
    }
    if (this.#image !== undefined) {
      this.#image.release();
      this.skipped++;
    }
    this.#image = image;
  }

  fail(error: FramelaneError): void {
    this.#waiter?.reject(error);
    if (this.#waiter === undefined) this.#error = error;
    this.#waiter = undefined;
  }

  /** Ends the waiting, quietly, and gives back what nobody took. */
  end(): void {
    this.#waiter?.resolve(undefined);
    this.#waiter = undefined;
    this.#image?.release();
    this.#image = undefined;
  }

  take(): Promise<ReceivedImage | undefined> {
    const [image, error] = [this.#image, this.#error];
    this.#image = undefined;
    if (image !== undefined) return Promise.resolve(image);
    this.#error = undefined;
    if (error !== undefined) return Promise.reject(error);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }
}

const noStats: Readonly<LinkStats> = Object.freeze({
  images: 0,
  repeats: 0,
  dropped: 0,
  incomplete: 0,
  damaged: 0,
  renewals: 0,
  connections: 0,
});

/**
 * A camera on a TINE server. Iterate it for its images as they come, or `get()` one at a time. Images are on loan from
 * a few buffers: release each; while all are held, new images are dropped and counted. A consumer that is slower than the
 * camera gets the newest image, never a queue of old ones.
 */
export class TineCamera implements AsyncIterable<TineImageMessage>, AsyncDisposable {
  readonly #address: TineAddress;
  readonly #options: TineCameraOptions;
  readonly #newest = new NewestImage();
  #live: LinkDriver | undefined;
  #single: LinkDriver | undefined;
  #answer: Waiter | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #links = 0;
  #closed = false;

  constructor(address: TineAddress, options: TineCameraOptions = {}) {
    checkTineAddress(address);
    this.#address = address;
    this.#options = options;
    checkLinkOptions(this.#linkOptions('timer', address.eqm ?? ''));
  }

  /** Counters of the subscription, and the images that newer ones replaced before they were taken. */
  get stats(): TineCameraStats {
    return { ...(this.#live?.link.stats ?? noStats), skipped: this.#newest.skipped };
  }

  /**
   * One image, freshly asked for. The connection is kept for the next call. Throws `TIMEOUT`, `CONNECTION`,
   * `TINE_STATUS`, `TINE_PROTOCOL`, `TINE_INVALID`, and `TOO_MANY_HELD` while all buffers are on loan.
   */
  get(): Promise<TineImageMessage> {
    const answer = this.#turn.then(() => this.#ask());
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #ask(): Promise<TineImageMessage> {
    this.#checkOpen();
    this.#single ??= await this.#link('single', {
      image: (image) => this.#settle((waiter) => waiter.resolve(image), image),
      failed: (error) => this.#settle((waiter) => waiter.reject(error)),
    });
    this.#checkOpen();
    const driver = this.#single;
    const image = await new Promise<ReceivedImage | undefined>((resolve, reject) => {
      this.#answer = { resolve, reject };
      driver.start();
    }).finally(() => driver.rest());
    if (image === undefined) throw closedError();
    return image;
  }

  #settle(how: (waiter: Waiter) => void, unwanted?: ReceivedImage): void {
    const waiter = this.#answer;
    this.#answer = undefined;
    if (waiter !== undefined) how(waiter);
    else unwanted?.release();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }

  /** Where the server is: as the address says, or as the name server does each time. */
  async #locate(): Promise<TineHost & { readonly eqm: string }> {
    const { at, eqm, name, nameServer } = this.#address;
    if (at !== undefined && eqm !== undefined) return { ...at, eqm };
    if (name === undefined || nameServer === undefined) throw closedError();
    return lookUpServer(name, nameServer);
  }

  async #link(
    mode: 'single' | 'timer',
    events: Pick<ConstructorParameters<typeof LinkDriver>[2], 'image' | 'failed'>,
  ): Promise<LinkDriver> {
    const { eqm } = await this.#locate();
    const trouble = (error: FramelaneError) => this.#options.onTrouble?.(error);
    return new LinkDriver(this.#linkOptions(mode, eqm), () => this.#locate(), { ...events, trouble });
  }

  #linkOptions(mode: 'single' | 'timer', eqm: string): LinkOptions {
    const { device, property } = this.#address;
    const { single: _, onTrouble: __, ...given } = this.#options;
    const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const options = { ...defaultLinkOptions, ...asked };
    return {
      ...options,
      maximumCapacity: Math.max(options.capacity, defaultLinkOptions.maximumCapacity),
      mode,
      target: { eqm, device, property },
      pid: process.pid,
      starttime: nextStarttime(Math.floor(Date.now() / 1000) + this.#links++),
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<TineImageMessage> {
    return this.images();
  }

  /**
   * The images as they come; the subscription is renewed and the connection made again for as long as it takes
   * (`timeout`, `patience`). Aborting the signal, or `close()`, ends the iteration quietly.
   */
  async *images(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<TineImageMessage> {
    const { signal } = options;
    if (this.#options.single === true) {
      if (!signal?.aborted) yield await this.get();
      return;
    }
    this.#checkOpen();
    if (this.#live !== undefined) throw new FramelaneError('BAD_ARGUMENT', 'this camera is being iterated already');
    const stop = () => this.#newest.end();
    try {
      this.#live = await this.#link('timer', {
        image: (image) => this.#newest.put(image),
        failed: (error) => this.#newest.fail(error),
      });
      signal?.addEventListener('abort', stop);
      if (!this.#closed && !signal?.aborted) this.#live.start();
      while (!this.#closed && !signal?.aborted) {
        const image = await this.#newest.take();
        if (image === undefined) return;
        yield image;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#live?.close();
      this.#newest.end();
    }
  }

  /** Cancels the subscription, closes the connections, ends the iteration; idempotent. Images held stay readable. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#live?.close();
    this.#single?.close();
    this.#newest.end();
    this.#settle((waiter) => waiter.reject(closedError()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function closedError(): FramelaneError {
  return new FramelaneError('ABORTED', 'the TINE camera is closed');
}
