import { FramelaneError } from '../error.js';
import { type Frame, type FrameLayout, type FrameSpec, frameLayout } from '../frame/index.js';
import { native } from '../native.js';
import { Loan, type PublishInit } from './loan.js';
import type { PublisherOptions } from './options.js';
import { SlotHeader } from './slot-header.js';
import { checkRingName, folderError, noSpaceError, ringError } from './status.js';
import { Wake } from './wake.js';

/** How often a waiting producer looks whether the reader it waits for was killed, in ms: the dead wake nobody. */
const lookAgainMs = 100;

/** Largest capacity of a slot, in bytes. */
export const maxCapacity = 2 ** 38;

const wholeBetween = (value: number, low: number, high: number) =>
  Number.isInteger(value) && value >= low && value <= high;

function checkOptions(options: PublisherOptions): Required<Omit<PublisherOptions, 'group'>> & { group: number } {
  const { capacity, slots = 8, readers = 64, lossless = false, group = -1 } = options;
  const mode = options.mode ?? (group >= 0 ? 0o660 : 0o600);
  const wrong = (what: string) => new FramelaneError('BAD_ARGUMENT', what);
  if (!wholeBetween(capacity, 1, maxCapacity)) throw wrong(`capacity ${capacity} is not 1..${maxCapacity} bytes`);
  if (!wholeBetween(slots, 2, 255)) throw wrong(`slots ${slots} is not 2..255`);
  if (!wholeBetween(readers, 1, 1024)) throw wrong(`readers ${readers} is not 1..1024`);
  if (!wholeBetween(mode, 1, 0o777)) throw wrong(`mode 0o${mode.toString(8)} is not 0o001..0o777`);
  if (!wholeBetween(group, -1, 0xffff_fffe)) throw wrong(`group ${group} is not a group id`);
  return { capacity, slots, readers, lossless, mode, group };
}

const nsPerMs = 1_000_000n;

/** Node tears no addon down on process.exit() or an uncaught error: what is open then would keep its name. */
const stillOpen = new Set<Disposable>();
process.on('exit', () => {
  for (const ring of stillOpen) ring[Symbol.dispose]();
});

/**
 * The producer of a ring: hands frames to any number of readers in other processes, threads and languages.
 *
 *     using ring = Publisher.open('cam1', { capacity: 1920 * 1080 * 3 });
 *     const loan = ring.loan({ format: 'rgb24', width: 1920, height: 1080 });
 *     if (loan) { draw(loan.bytes); loan.publish(); }
 */
export class Publisher implements Disposable {
  readonly name: string;
  /** Most bytes of one frame. */
  readonly capacity: number;
  /** Number of slots. */
  readonly slots: number;
  /** Whether the producer waits for slow readers instead of dropping. */
  readonly lossless: boolean;
  readonly #ring: number;
  readonly #header: SlotHeader;
  readonly #wake: Wake;
  /** Own memory for each slot, where the runtime forbids lending the ring's. */
  readonly #copies: Uint8Array[] | undefined;
  readonly #loans = new Set<Loan>();
  #layout: { key: FrameSpec; layout: FrameLayout } | undefined;
  #published = 0;
  #droppedAtClose = 0;
  #open = true;
  #waiting = false;

  private constructor(name: string, options: ReturnType<typeof checkOptions>, copy: boolean) {
    const { capacity, slots, readers, lossless, mode, group } = options;
    this.name = name;
    this.capacity = capacity;
    this.slots = slots;
    this.lossless = lossless;
    this.#header = new SlotHeader();
    this.#wake = new Wake();
    this.#copies = copy ? [] : undefined;
    const { buffer } = this.#header;
    const open = native().publisherOpen;
    this.#ring = open(name, capacity, slots, readers, lossless, mode, group + 1, buffer, this.#wake.call);
    if (this.#ring === -3) throw folderError(); // a producer makes what is not found, unless there is no folder for it
    if (this.#ring === -7) throw noSpaceError(name, slots * capacity);
    if (this.#ring < 0) throw ringError(this.#ring, name);
    stillOpen.add(this);
  }

  /**
   * Becomes the producer of a ring: makes it, or takes over one whose producer died. Throws `RING_BUSY` when it has a
   * live producer, `RING_NO_SPACE`, `RING_NAME`, `RING_NO_PERMISSION`, `BAD_ARGUMENT`.
   */
  static open(name: string, options: PublisherOptions & { readonly copy?: boolean }): Publisher {
    checkRingName(name);
    return new Publisher(name, checkOptions(options), options.copy ?? !native().lendsMemory());
  }

  /** Frames published by this publisher. */
  get published(): number {
    return this.#published;
  }

  /** Frames that found no free slot since the ring was made (lossy rings only). */
  get dropped(): number {
    return this.#open ? native().publisherDropped(this.#ring) : this.#droppedAtClose;
  }

  /** Whether the ring was closed. */
  get closed(): boolean {
    return !this.#open;
  }

  /** Bytes that such a frame takes; throws `FRAME_TOO_LARGE` when a slot is smaller. */
  #layoutOf(spec: FrameSpec): FrameLayout {
    // Frames of a stream are alike: the layout of the one before is the layout of this one.
    const known = this.#layout;
    const { key } = known ?? {};
    const same =
      key?.format === spec.format &&
      key.width === spec.width &&
      key.height === spec.height &&
      key.strides === spec.strides;
    if (known !== undefined && same) return known.layout;
    const layout = frameLayout(spec);
    if (layout.bytes > this.capacity) {
      throw new FramelaneError(
        'FRAME_TOO_LARGE',
        `${spec.width}x${spec.height} ${spec.format} takes ${layout.bytes} bytes; a slot of ring "${this.name}" has ${this.capacity}: open it with more capacity (shm:${this.name}?capacity=${layout.bytes})`,
        { subject: this.name, bytes: layout.bytes, capacity: this.capacity },
      );
    }
    const { format, width, height, strides } = spec;
    this.#layout = { key: { format, width, height, strides }, layout };
    return layout;
  }

  #requireOpen(): void {
    if (!this.#open) throw new FramelaneError('RING_CLOSED', `ring "${this.name}" was closed`, { subject: this.name });
  }

  /**
   * Borrows a slot to write a frame in place. undefined: none is free; a lossy ring has counted the frame as dropped,
   * on a lossless one wait with {@link loanWhenFree}. Throws `FRAME_TOO_LARGE`.
   */
  loan(spec: FrameSpec): Loan | undefined {
    this.#requireOpen();
    const layout = this.#layoutOf(spec);
    const slot = native().publisherLoan(this.#ring);
    if (slot < 0) return undefined;
    const loan = new Loan(this, spec, layout, slot, this.#memory(slot, layout.bytes));
    this.#loans.add(loan);
    return loan;
  }

  #memory(slot: number, bytes: number): Uint8Array {
    const lent = this.#copies === undefined ? native().publisherPixels(this.#ring, slot, bytes) : null;
    if (lent !== null) return new Uint8Array(lent);
    const copies = this.#copies ?? [];
    copies[slot] ??= new Uint8Array(this.capacity);
    return copies[slot].subarray(0, bytes);
  }

  /**
   * Borrows a slot of a lossless ring, waiting until one is free. Throws the signal's reason, `RING_CLOSED`,
   * `FRAME_TOO_LARGE`; `RING_LOSSY` on a lossy ring, whose readers tell nobody when they are done.
   */
  async loanWhenFree(spec: FrameSpec, signal?: AbortSignal): Promise<Loan> {
    if (!this.lossless) throw ringError(-13, this.name);
    for (;;) {
      signal?.throwIfAborted();
      const loan = this.loan(spec);
      if (loan !== undefined) return loan;
      await this.#change(signal);
    }
  }

  /** Sleeps until a reader moved on, 100 ms are over, the ring is closed, or the signal aborts. */
  async #change(signal?: AbortSignal): Promise<void> {
    if (this.#waiting) {
      throw new FramelaneError('BAD_ARGUMENT', `ring "${this.name}": one wait at a time; await the one before`);
    }
    if (native().publisherWait(this.#ring)) return;
    this.#waiting = true;
    const timer = setTimeout(this.#wake.call, lookAgainMs);
    signal?.addEventListener('abort', this.#wake.call);
    try {
      await this.#wake.sleep();
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', this.#wake.call);
      this.#waiting = false;
      if (this.#open) native().publisherStopWaiting(this.#ring);
    }
  }

  /**
   * Copies a frame into a slot and publishes it: one copy. Rows are packed. A lossless ring is waited for; false: a
   * lossy one had no free slot, the frame was dropped. Capture time, metadata and area go along.
   */
  async write(frame: Frame, signal?: AbortSignal): Promise<boolean> {
    while (!this.writeNow(frame)) {
      if (!this.lossless) return false;
      signal?.throwIfAborted();
      await this.#change(signal);
    }
    return true;
  }

  /** As {@link write}, but never waits: false when no slot is free. */
  writeNow(frame: Frame): boolean {
    this.#requireOpen();
    const { format, width, height } = frame;
    const layout = this.#layoutOf({ format, width, height });
    const from = frame.planes;
    const slot = native().publisherLoan(this.#ring);
    if (slot < 0) return false;
    layout.planes.forEach(({ offset, stride, rowBytes, rows }, index) => {
      const plane = from[index] as Frame['planes'][number];
      native().publisherCopy(this.#ring, slot, offset, stride, plane.data, plane.stride, rowBytes, rows);
    });
    const { metadata, area } = frame;
    this.#publish(slot, null, { format, width, height, layout }, { captureTime: frame.captureTime, metadata, area });
    return true;
  }

  #publish(
    slot: number,
    lent: ArrayBuffer | null,
    shape: FrameSpec & { layout: FrameLayout },
    init: PublishInit,
  ): number {
    const captureTime = init.captureTime ?? BigInt(Date.now()) * nsPerMs;
    const { format, width, height, layout } = shape;
    try {
      this.#header.write({ format, width, height, layout, captureTime, metadata: init.metadata, area: init.area });
    } catch (error) {
      native().publisherAbandon(this.#ring, slot, lent);
      throw error;
    }
    const sequence = native().publisherPublish(this.#ring, slot, lent);
    if (sequence < 0) {
      native().publisherAbandon(this.#ring, slot, lent);
      throw ringError(sequence, this.name);
    }
    this.#published++;
    return sequence;
  }

  /** The publishing half of {@link Loan.publish}. */
  publishLoan(loan: Loan, init: PublishInit): number {
    const bytes = loan.end();
    this.#loans.delete(loan);
    this.#requireOpen();
    const lent = this.#copies === undefined;
    if (!lent) native().publisherCopy(this.#ring, loan.slot, 0, 0, bytes, 0, bytes.byteLength, 1);
    return this.#publish(loan.slot, lent ? (bytes.buffer as ArrayBuffer) : null, loan, init);
  }

  /** The other half of {@link Loan.abandon}. */
  abandonLoan(loan: Loan): void {
    const bytes = loan.end();
    this.#loans.delete(loan);
    if (!this.#open) return;
    native().publisherAbandon(this.#ring, loan.slot, this.#copies === undefined ? (bytes.buffer as ArrayBuffer) : null);
  }

  /** Readers that are attached now; with `lossless` only those that hold frames back. */
  readerCount(options: { readonly lossless?: boolean } = {}): number {
    return this.#open ? native().publisherReaders(this.#ring, options.lossless ?? false) : 0;
  }

  /** Resolves once a reader is attached. Throws the signal's reason, `RING_CLOSED`. */
  async waitForReader(options: { readonly lossless?: boolean; readonly signal?: AbortSignal } = {}): Promise<void> {
    for (;;) {
      options.signal?.throwIfAborted();
      this.#requireOpen();
      native().publisherLook(this.#ring);
      if (this.readerCount(options) > 0) return;
      await this.#change(options.signal);
    }
  }

  /**
   * Ends the ring: readers take what is left, then their iteration ends. The name goes, unless `keep`. Loans end
   * unpublished. Idempotent.
   */
  close(options: { readonly keep?: boolean } = {}): void {
    if (!this.#open) return;
    for (const loan of this.#loans) loan.abandon();
    this.#droppedAtClose = native().publisherDropped(this.#ring);
    this.#open = false;
    stillOpen.delete(this);
    native().publisherClose(this.#ring, options.keep ?? false);
    this.#wake.call();
  }

  /** Closes the ring: what `using` calls. */
  [Symbol.dispose](): void {
    this.close();
  }
}
