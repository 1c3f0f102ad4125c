import { FramelaneError } from '../error.js';
import { decodeMetadata, pixelFormatInfo, pixelFormatOfCode } from '../frame/index.js';
import { native } from '../native.js';
import { Attachment } from './attachment.js';
import { Lease } from './lease.js';
import type { SubscriberOptions } from './options.js';
import { RingFrame } from './ring-frame.js';
import { checkRingName, ringError, status } from './status.js';

/** How often a waiting reader looks after its producer and its segment, in ms. */
const healthMs = 500;
/** How often a ring that is not there (yet) is looked for, in ms. */
const lookMs = 20;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How a frame is handed over: as it is, or as an iterator does. */
type Wrap<T> = (frame: RingFrame | undefined) => T;

/** One call of next(): asked for a frame until it is settled. */
interface Turn {
  readonly wrap: Wrap<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** When the producer was found to be gone, in ms of performance.now(). */
  goneSince: number | undefined;
}

/** The turn is not settled: whatever happens next calls the subscriber back. */
const later = Symbol('later');

const asFrame: Wrap<RingFrame | undefined> = (frame) => frame;
const asResult: Wrap<IteratorResult<RingFrame, undefined>> = (value) =>
  value === undefined ? { value, done: true } : { value, done: false };

type RingFrameInit = ConstructorParameters<typeof RingFrame>[0];

const emptyInit = (): { -readonly [Key in keyof RingFrameInit]: RingFrameInit[Key] } => ({
  format: 'gray8',
  width: 0,
  height: 0,
  planes: [],
  captureTime: 0n,
  publishTime: 0n,
  sequence: 0,
  metadata: undefined,
  area: undefined,
});

/** What a subscriber knows of the ring it reads. */
export interface SubscriberFacts {
  /** Whether this reader holds frames back until it has taken them. */
  readonly lossless: boolean;
  /** Whether the ring's producer waits for lossless readers. */
  readonly ringLossless: boolean;
  /** Number of slots. */
  readonly slots: number;
  /** Most bytes of one frame. */
  readonly capacity: number;
}

/**
 * A reader of a ring. Frames are lent, not copied: each stays as it is until it is released, however long that takes.
 * At most 12 are held at once.
 *
 *     using ring = await Subscriber.open('cam1');
 *     for await (const frame of ring) {
 *       look(frame.data);
 *       frame.release();
 *     }
 */
export class Subscriber implements AsyncIterable<RingFrame>, Disposable {
  readonly name: string;
  readonly #options: SubscriberOptions;
  /** Recycled buffers to copy frames into; undefined: they are lent. */
  readonly #spares: Uint8Array[] | undefined;
  /** What a frame is made of: one object for all of them, since the constructor only reads it. */
  readonly #init = emptyInit();
  #at: Attachment | undefined;
  #open = true;
  /** The call of next() that sleeps. */
  #turn: Turn | undefined;
  #watch: NodeJS.Timeout | undefined;
  #missedBefore = 0;
  #forgotten = 0;
  #forgottenLoggedAt = Number.NEGATIVE_INFINITY;

  private constructor(name: string, options: SubscriberOptions) {
    this.name = name;
    this.#options = options;
    this.#spares = (options.copy ?? !native().lendsMemory()) ? [] : undefined;
  }

  /**
   * Attaches to a ring. Throws `RING_NOT_FOUND` (after `wait` ms), `RING_DAMAGED`, `RING_VERSION`, `RING_LOSSY`,
   * `RING_FULL`, `RING_NO_PERMISSION`.
   */
  static async open(name: string, options: SubscriberOptions = {}): Promise<Subscriber> {
    checkRingName(name);
    const subscriber = new Subscriber(name, options);
    const until = performance.now() + (options.wait ?? 0);
    while (!subscriber.#attach(options.from)) {
      if (options.signal?.aborted || performance.now() >= until) throw ringError(-3, name);
      await pause(lookMs);
    }
    options.signal?.addEventListener('abort', subscriber.#wake);
    return subscriber;
  }

  /** False: there is no ring of that name. */
  #attach(from: 'oldest' | 'newest' | undefined): boolean {
    try {
      this.#at = new Attachment(this.name, this.#options, from, this.#wake, this.#spares);
      return true;
    } catch (error) {
      if (error instanceof FramelaneError && error.code === 'RING_NOT_FOUND') return false;
      throw error;
    }
  }

  /** Frames that were published but not taken by this reader: passed over, or overwritten before their turn. */
  get missed(): number {
    return this.#missedBefore + (this.#at === undefined ? 0 : native().subscriberFacts(this.#at.ring).missed);
  }

  /** What is known of the ring; undefined while there is none. */
  get facts(): SubscriberFacts | undefined {
    if (this.#at === undefined) return undefined;
    const { lossless, ringLossless, slots, capacity } = native().subscriberFacts(this.#at.ring);
    return { lossless: lossless !== 0, ringLossless: ringLossless !== 0, slots, capacity };
  }

  /** Whether the subscriber was closed. */
  get closed(): boolean {
    return !this.#open;
  }

  /**
   * Takes the next frame (or the latest, by the mode) if there is one, without waiting. Throws `TOO_MANY_HELD`,
   * `RING_DAMAGED`. Says nothing of the end of the ring: {@link next} does.
   */
  tryNext(): RingFrame | undefined {
    const taken = this.#take();
    return typeof taken === 'number' ? undefined : taken;
  }

  /** A frame, or the status that says why not. */
  #take(): RingFrame | number {
    const at = this.#at;
    if (at === undefined) return status.replaced;
    for (;;) {
      const sequence = native().subscriberTake(at.ring);
      if (sequence > 0) return this.#frame(at, sequence);
      if (sequence > -100) return -sequence;
      // A damaged frame was skipped; the next one may be whole.
      if (sequence !== -111) throw ringError(sequence + 100, this.name);
    }
  }

  #frame(at: Attachment, sequence: number): RingFrame {
    const { header } = at;
    const format = pixelFormatOfCode(header.format);
    if (format === undefined) throw ringError(-11, this.name);
    if (header.forgotten !== this.#forgotten) this.#logForgotten(header.forgotten);
    const metadata = header.metadataBytes();
    const init = this.#init;
    init.format = format;
    init.width = header.width;
    init.height = header.height;
    init.planes = new Lease(at, pixelFormatInfo(format).planes.length);
    init.captureTime = header.captureTime;
    init.publishTime = header.publishTime;
    init.sequence = sequence;
    init.metadata = metadata === undefined ? undefined : () => decodeMetadata(metadata);
    init.area = header.area();
    return new RingFrame(init);
  }

  /** A program that forgets releases works until it holds twelve frames: tell it, at most once a second. */
  #logForgotten(count: number): void {
    this.#forgotten = count;
    const now = performance.now();
    if (now - this.#forgottenLoggedAt < 1000) return;
    this.#forgottenLoggedAt = now;
    process.emitWarning(`ring "${this.name}": ${count} frames were dropped without release(); use \`using\``, {
      type: 'FramelaneWarning',
    });
  }

  /**
   * The next frame (or the latest, by the mode), waiting for it without CPU time. undefined: the producer closed and
   * everything was taken, or this subscriber was closed, or its signal aborted. Throws `RING_PRODUCER_LOST`,
   * `RING_DAMAGED`, `TOO_MANY_HELD`.
   */
  next(): Promise<RingFrame | undefined> {
    return this.#next(asFrame);
  }

  // One promise from the waiter thread's call to whoever awaits the frame: each further one would cost microseconds.
  #next<T>(wrap: Wrap<T>): Promise<T> {
    try {
      const frame = this.#ended() ? undefined : this.tryNext();
      if (frame !== undefined) return Promise.resolve(wrap(frame));
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#settle({ wrap, resolve: resolve as Turn['resolve'], reject, goneSince: undefined });
    });
  }

  #ended(): boolean {
    return !this.#open || this.#options.signal?.aborted === true;
  }

  /** Settles the turn, or lets it sleep. */
  #settle(turn: Turn): void {
    try {
      const frame = this.#seek(turn);
      if (frame !== later) turn.resolve(turn.wrap(frame));
    } catch (error) {
      turn.reject(error);
    }
  }

  #seek(turn: Turn): RingFrame | undefined | typeof later {
    while (!this.#ended()) {
      const taken = this.#take();
      if (typeof taken !== 'number') return taken;
      if (taken === status.closed && !this.#options.follow) return undefined;
      const stays = taken === status.again || (taken === status.closed && this.#named());
      if (stays ? this.#sleep(turn) : !this.#reattach(turn)) return later;
    }
    return undefined;
  }

  /** Whether the name still stands for our segment: a closed one that was kept may be taken over. */
  #named(): boolean {
    return this.#at !== undefined && (native().subscriberHealth(this.#at.ring) & 4) !== 0;
  }

  /** Lets the turn sleep until something happens. False: it has happened already. */
  #sleep(turn: Turn): boolean {
    const { ring } = this.#at as Attachment;
    const { spin = 0 } = this.#options;
    if (spin > 0 && native().subscriberSpin(ring, spin)) return false;
    this.#lie(turn);
    if (native().subscriberWait(ring)) {
      this.#turn = undefined;
      return false;
    }
    this.#watch ??= setInterval(() => this.#look(), healthMs).unref();
    return true;
  }

  #lie(turn: Turn): void {
    if (this.#turn !== undefined) {
      throw new FramelaneError('BAD_ARGUMENT', `ring "${this.name}": one next() at a time; await the one before`);
    }
    this.#turn = turn;
  }

  /** Wakes the turn that sleeps: called by the waiter thread, a timer, the signal. Once too often does no harm. */
  readonly #wake = (): void => {
    const turn = this.#rouse();
    if (turn !== undefined) this.#settle(turn);
  };

  #rouse(): Turn | undefined {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn !== undefined && this.#at !== undefined) native().subscriberStopWaiting(this.#at.ring);
    return turn;
  }

  /** Ends a sleep when something is wrong that nobody would wake us for. */
  #look(): void {
    const turn = this.#turn;
    const at = this.#at;
    if (turn === undefined || at === undefined) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      return;
    }
    const bits = native().subscriberHealth(at.ring);
    // It published or closed before it went, and our thread was too busy to hear of it: first things first.
    const news = (bits & 1) === 0 && native().subscriberSpin(at.ring, 0);
    const lost = this.#lost(turn, (bits & 1) !== 0);
    if (news) this.#wake();
    else if ((bits & 2) === 0) this.#rouse()?.reject(ringError(-5, this.name));
    else if ((bits & 5) === 0) this.#goOn();
    else if (lost) this.#rouse()?.reject(ringError(-15, this.name));
    // A producer killed between publishing and waking: its frame is there, though nobody said so.
    else if ((bits & 1) === 0) this.#wake();
  }

  /** Whether the producer has been gone for longer than the reader wants to wait for another. */
  #lost(turn: Turn, alive: boolean): boolean {
    const now = performance.now();
    turn.goneSince = alive ? undefined : (turn.goneSince ?? now);
    return turn.goneSince !== undefined && now - turn.goneSince >= (this.#options.takeover ?? Number.POSITIVE_INFINITY);
  }

  /** The producer is dead and its segment has no name any more: there is nothing left to wait for in it. */
  #goOn(): void {
    this.#leave();
    this.#wake();
  }

  #leave(): void {
    if (this.#at === undefined) return;
    this.#missedBefore += native().subscriberFacts(this.#at.ring).missed;
    this.#at.close();
    this.#at = undefined;
  }

  /** Goes over to the segment that has the name now. False: there is none yet, the turn sleeps. */
  #reattach(turn: Turn): boolean {
    this.#leave();
    // All frames of the successor are new to us.
    if (this.#attach('oldest')) {
      turn.goneSince = undefined;
      return true;
    }
    if (this.#lost(turn, false)) throw ringError(-15, this.name);
    this.#lie(turn);
    setTimeout(this.#wake, lookMs);
    return false;
  }

  /** The frames, in order or the latest by the mode, until the producer closes. Leaving the loop does not close. */
  [Symbol.asyncIterator](): AsyncIterableIterator<RingFrame, undefined> {
    // Not an async generator: it would put three promises between a frame and the loop that waits for it.
    const iterator = {
      next: () => this.#next(asResult),
      return: async () => asResult(undefined),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Leaves the ring; frames that are held stay valid until they are released. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#options.signal?.removeEventListener('abort', this.#wake);
    clearInterval(this.#watch);
    this.#leave();
    this.#wake();
  }

  /** Closes the subscriber: what `using` calls. */
  [Symbol.dispose](): void {
    this.close();
  }
}
