import { FramelaneError } from '../error.js';
import { Frame } from '../frame/frame.js';
import { type FrameSpec, frameBytes } from '../frame/geometry.js';
import { type Loan, Publisher, type PublisherOptions } from '../ring/index.js';
import { waitForReaders } from './ring-readers.js';
import type { Sink } from './sink.js';
import type { FrameMemory, FrameSpace, StreamInfo } from './source.js';
import { badUri, byteCount, type EndpointUri, flag, octalMode, readOptions, whole } from './uri.js';

const optionReaders = {
  slots: whole(2, 255),
  capacity: byteCount,
  mode: octalMode,
  group: whole(0, 0xffff_fffe),
  readers: whole(1, 1024),
  lossless: flag,
  await: whole(0, 1024),
};

/** Called once, when the ring is there and the first frame wants to enter it; that frame waits for it. */
export type RingOpened = (publisher: Publisher, signal?: AbortSignal) => Promise<void>;

/** What a ring's sink is told beside its address. */
export interface ShmSinkOptions {
  /** Drop nothing: slow readers hold the source back. */
  readonly lossless?: boolean;
  /** Starts or waits for readers before the first frame. */
  readonly opened?: RingOpened;
  /** Called before the ring is closed; the ring stays open until it has settled. */
  readonly closing?: (publisher: Publisher) => Promise<void>;
}

/** `shm:NAME`: frames into a ring. Sources that can write straight into its slots. */
export class ShmSink implements Sink {
  readonly uri: string;
  /** The ring's name. */
  readonly name: string;
  readonly memory: FrameMemory = { space: (spec, signal) => this.#space(spec, signal) };
  readonly #options: Omit<PublisherOptions, 'capacity'>;
  readonly #capacity: number;
  readonly #awaited: number;
  readonly #opened: RingOpened | undefined;
  readonly #closing: ShmSinkOptions['closing'];
  readonly #loans = new WeakMap<Frame, Loan>();
  #attended: Promise<void> | undefined;
  #publisher: Publisher | undefined;
  #closed = false;

  /** Throws `BAD_URI`. */
  constructor(uri: EndpointUri, options: ShmSinkOptions = {}) {
    const { capacity, lossless, await: awaited, ...rest } = readOptions(uri, optionReaders);
    if (uri.path === '') throw badUri(uri, 'name the ring: shm:NAME');
    this.uri = uri.text;
    this.name = uri.path;
    this.#options = { ...rest, lossless: lossless ?? options.lossless ?? false };
    this.#capacity = capacity ?? 0;
    this.#opened = options.opened;
    this.#closing = options.closing;
    // A lossless ring that nobody reads yet would lose its first frames. A caller's own `opened` does the waiting.
    this.#awaited = awaited ?? (this.#options.lossless && options.opened === undefined ? 1 : 0);
  }

  /** The ring, once it is there. */
  get publisher(): Publisher | undefined {
    return this.#publisher;
  }

  /** Makes the ring, if the stream's size is known already; otherwise the first frame does. */
  async begin(info: StreamInfo): Promise<void> {
    const { format, width, height } = info;
    if (format !== undefined && width !== undefined && height !== undefined) {
      this.#open({ format, width, height });
    } else if (this.#capacity > 0) this.#open();
  }

  async write(frame: Frame, signal?: AbortSignal): Promise<boolean> {
    const { captureTime, metadata, area } = frame;
    const loan = this.#loans.get(frame);
    if (loan !== undefined) {
      this.#loans.delete(frame);
      loan.publish({ captureTime, metadata, area });
      return true;
    }
    const publisher = await this.#ready(frame, signal);
    if (signal?.aborted) return false;
    return (await unlessAborted(publisher.write(frame, signal), signal)) ?? false;
  }

  /** Closes the ring: readers take what is left in it and end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#publisher === undefined) return;
    try {
      await this.#closing?.(this.#publisher);
    } finally {
      this.#publisher.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #space(spec: FrameSpec, signal?: AbortSignal): Promise<FrameSpace | undefined> {
    const publisher = await this.#ready(spec, signal);
    if (signal?.aborted) return undefined;
    const loan = publisher.lossless
      ? await unlessAborted(publisher.loanWhenFree(spec, signal), signal)
      : publisher.loan(spec);
    return loan === undefined ? undefined : this.#spaceOf(loan);
  }

  #spaceOf(loan: Loan): FrameSpace {
    const { format, width, height, planes, bytes } = loan;
    return {
      format,
      width,
      height,
      planes,
      bytes,
      finish: (init) => {
        const frame: Frame = new Frame({
          ...init,
          format,
          width,
          height,
          planes,
          onRelease: () => this.#abandon(frame),
        });
        this.#loans.set(frame, loan);
        return frame;
      },
      abandon: () => abandonLoan(loan),
    };
  }

  /** A frame that was made and then not written gives its slot back. */
  #abandon(frame: Frame): void {
    const loan = this.#loans.get(frame);
    if (loan !== undefined) abandonLoan(loan);
    this.#loans.delete(frame);
  }

  /** The ring, made if need be, once those who must not miss a frame are there. */
  async #ready(spec: FrameSpec, signal?: AbortSignal): Promise<Publisher> {
    const publisher = this.#open(spec);
    this.#attended ??= this.#attend(publisher, signal);
    await this.#attended;
    return publisher;
  }

  async #attend(publisher: Publisher, signal?: AbortSignal): Promise<void> {
    await this.#opened?.(publisher, signal);
    if (this.#awaited > 0) await waitForReaders(publisher, this.#awaited, signal);
  }

  #open(spec?: FrameSpec): Publisher {
    if (this.#closed) throw new FramelaneError('RING_CLOSED', `${this.uri}: closed`, { subject: this.name });
    const capacity = Math.max(this.#capacity, spec === undefined ? 0 : frameBytes(spec));
    this.#publisher ??= Publisher.open(this.name, { ...this.#options, capacity });
    return this.#publisher;
  }
}

/** Closing the ring ends the loans that are left, so one may have ended already. */
function abandonLoan(loan: Loan): void {
  if (!loan.ended) loan.abandon();
}

/** A pipe that is being stopped ends quietly: undefined instead of the signal's reason. */
async function unlessAborted<T>(waiting: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  try {
    return await waiting;
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}
