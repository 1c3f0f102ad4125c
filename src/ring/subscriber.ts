import { FramelaneError } from '../error.js';
import { decodeMetadata, type Plane, pixelFormatInfo, pixelFormatOfCode } from '../frame/index.js';
import { native } from '../native.js';
import type { SubscriberOptions } from './options.js';
import { RingFrame } from './ring-frame.js';
import { SlotHeader } from './slot-header.js';
import { checkRingName, ringError, status } from './status.js';
import { Wake } from './wake.js';

/** How often a waiting reader looks after its producer and its segment, in ms. */
const healthMs = 500;
/** How often a ring that is not there (yet) is looked for, in ms. */
const lookMs = 20;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** One attachment to one segment. Lives until it was closed and the last frame of it was released. */
class Attachment {
  readonly header = new SlotHeader();
  readonly ring: number;
  readonly name: string;
  #held = 0;
  #closing = false;

  constructor(name: string, options: SubscriberOptions, from: 'oldest' | 'newest' | undefined, onChange: () => void) {
    this.name = name;
    const { mode, lossless } = options;
    const losslessWord = lossless === undefined ? 0 : lossless ? 1 : 2;
    const start = from === undefined ? 0 : from === 'oldest' ? 1 : 2;
    const modeWord = mode === 'latest' ? 1 : 0;
    this.ring = native().subscriberOpen(name, modeWord, losslessWord, start, this.header.buffer, onChange);
    if (this.ring < 0) throw ringError(this.ring, name);
  }

  hold(): void {
    this.#held++;
  }

  giveBack(pin: number): void {
    native().subscriberRelease(this.ring, pin);
    this.#held--;
    this.#closeWhenUnused();
  }

  /** Ends the attachment, as soon as no frame of it is held any more. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    native().subscriberStopWaiting(this.ring);
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (this.#closing && this.#held === 0) native().subscriberClose(this.ring);
  }
}

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
  readonly #wake = new Wake();
  readonly #copy: boolean;
  readonly #spares: Uint8Array[] = [];
  #at: Attachment | undefined;
  #open = true;
  #waiting = false;
  #missedBefore = 0;
  #forgotten = 0;
  #forgottenLoggedAt = Number.NEGATIVE_INFINITY;

  private constructor(name: string, options: SubscriberOptions) {
    this.name = name;
    this.#options = options;
    this.#copy = options.copy ?? !native().lendsMemory();
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
    return subscriber;
  }

  /** False: there is no ring of that name. */
  #attach(from: 'oldest' | 'newest' | undefined): boolean {
    try {
      this.#at = new Attachment(this.name, this.#options, from, this.#wake.call);
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
    const { pin } = header;
    const metadata = header.metadataBytes();
    at.hold();
    const lease = new Lease(at, header, pixelFormatInfo(format).planes.length, this.#copy ? this.#spares : undefined);
    return new RingFrame({
      format,
      width: header.width,
      height: header.height,
      planes: () => lease.planes(),
      captureTime: header.captureTime,
      publishTime: header.publishTime,
      sequence,
      metadata: metadata === undefined ? undefined : () => decodeMetadata(metadata),
      area: header.area(),
      onRelease: () => lease.end(pin),
    });
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
  async next(): Promise<RingFrame | undefined> {
    const { signal } = this.#options;
    let health = new Health(this.#options.takeover ?? Number.POSITIVE_INFINITY);
    while (this.#open && !signal?.aborted) {
      const taken = this.#take();
      if (typeof taken !== 'number') return taken;
      if (taken === status.closed && !this.#options.follow) return undefined;
      if (taken === status.again || (taken === status.closed && this.#named())) await this.#sleep(health);
      else if (await this.#reattach(health)) health = new Health(health.takeover);
    }
    return undefined;
  }

  /** Whether the name still stands for our segment: a closed one that was kept may be taken over. */
  #named(): boolean {
    return this.#at !== undefined && (native().subscriberHealth(this.#at.ring) & 4) !== 0;
  }

  async #sleep(health: Health): Promise<void> {
    const at = this.#at as Attachment;
    const { spin = 0, signal } = this.#options;
    if (spin > 0 && native().subscriberSpin(at.ring, spin)) return;
    if (native().subscriberWait(at.ring)) return;
    if (this.#waiting) {
      throw new FramelaneError('BAD_ARGUMENT', `ring "${this.name}": one next() at a time; await the one before`);
    }
    this.#waiting = true;
    const check = setInterval(() => this.#look(at, health), healthMs);
    signal?.addEventListener('abort', this.#wake.call);
    try {
      await this.#wake.sleep();
    } finally {
      clearInterval(check);
      signal?.removeEventListener('abort', this.#wake.call);
      this.#waiting = false;
      if (this.#at === at) native().subscriberStopWaiting(at.ring);
    }
    health.throwProblem();
  }

  /** Ends the sleep when something is wrong that nobody would wake us for. */
  #look(at: Attachment, health: Health): void {
    const bits = native().subscriberHealth(at.ring);
    const alive = (bits & 1) !== 0;
    health.note(alive);
    if ((bits & 2) === 0) health.problem = ringError(-5, this.name);
    else if (!alive && (bits & 4) === 0) this.#leave();
    else if (health.lost) health.problem = ringError(-15, this.name);
    else return;
    this.#wake.call();
  }

  #leave(): void {
    if (this.#at === undefined) return;
    this.#missedBefore += native().subscriberFacts(this.#at.ring).missed;
    this.#at.close();
    this.#at = undefined;
  }

  /** Goes over to the segment that has the name now. False: there is none yet. */
  async #reattach(health: Health): Promise<boolean> {
    this.#leave();
    // All frames of the successor are new to us.
    if (this.#attach('oldest')) return true;
    health.note(false);
    if (health.lost) throw ringError(-15, this.name);
    await pause(lookMs);
    return false;
  }

  /** The frames, in order or the latest by the mode, until the producer closes. Leaving the loop does not close. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<RingFrame> {
    for (;;) {
      const frame = await this.next();
      if (frame === undefined) return;
      yield frame;
    }
  }

  /** Leaves the ring; frames that are held stay valid until they are released. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#leave();
    this.#wake.call();
  }

  /** Closes the subscriber: what `using` calls. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** How long the producer has been gone. */
class Health {
  problem: FramelaneError | undefined;
  #goneSince: number | undefined;

  constructor(readonly takeover: number) {}

  note(alive: boolean): void {
    this.#goneSince = alive ? undefined : (this.#goneSince ?? performance.now());
  }

  get lost(): boolean {
    return this.#goneSince !== undefined && performance.now() - this.#goneSince >= this.takeover;
  }

  throwProblem(): void {
    if (this.problem !== undefined) throw this.problem;
  }
}

/** The memory of one held frame: lent from the slot, or copied where lending is forbidden. */
class Lease {
  readonly #at: Attachment;
  readonly #slot: number;
  readonly #pin: number;
  readonly #payload: number;
  readonly #offsets: readonly number[];
  readonly #strides: readonly number[];
  /** Recycled buffers; undefined: lend. */
  readonly #spares: Uint8Array[] | undefined;
  #lent: ArrayBuffer | undefined;
  #copied: Uint8Array | undefined;

  constructor(at: Attachment, header: SlotHeader, planes: number, spares: Uint8Array[] | undefined) {
    this.#at = at;
    this.#slot = header.slot;
    this.#pin = header.pin;
    this.#payload = header.payload;
    this.#offsets = planes === 1 ? onePlane : Array.from({ length: planes }, (_, plane) => header.planeOffset(plane));
    this.#strides = Array.from({ length: planes }, (_, plane) => header.stride(plane));
    this.#spares = spares;
  }

  planes(): readonly Plane[] {
    const bytes = this.#spares === undefined ? this.#lend() : this.#copy(this.#spares);
    return this.#offsets.map((offset, index) => ({
      data: bytes.subarray(offset, this.#offsets[index + 1] ?? bytes.byteLength),
      stride: this.#strides[index] as number,
    }));
  }

  #lend(): Uint8Array {
    const lent = native().subscriberPixels(this.#at.ring, this.#slot, this.#pin, this.#payload);
    if (lent === null) return this.#copy([]);
    this.#lent = lent;
    return new Uint8Array(lent);
  }

  #copy(spares: Uint8Array[]): Uint8Array {
    const index = spares.findIndex((spare) => spare.byteLength >= this.#payload);
    const whole = index < 0 ? new Uint8Array(this.#payload) : (spares.splice(index, 1)[0] as Uint8Array);
    const part = whole.subarray(0, this.#payload);
    native().subscriberCopy(this.#at.ring, this.#slot, part);
    this.#copied = whole;
    return part;
  }

  end(pin: number): void {
    if (this.#lent !== undefined) native().detach(this.#lent);
    // Kept views of a recycled buffer would show another frame: at most as many as pins are kept.
    if (this.#copied !== undefined && this.#spares !== undefined && this.#spares.length < 12) {
      this.#spares.push(this.#copied);
    }
    this.#at.giveBack(pin);
  }
}

const onePlane: readonly number[] = [0];
