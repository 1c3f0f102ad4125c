import { FramelaneError } from '../error.js';
import type { AreaOfInterest, FrameLayout, FrameSpec, Metadata, PixelFormat, Plane } from '../frame/index.js';

/** What is said of a frame when it is published. */
export interface PublishInit {
  /** Nanoseconds since 1970-01-01 UTC; default: now. */
  readonly captureTime?: bigint | undefined;
  /** At most 896 bytes when encoded. */
  readonly metadata?: Metadata | undefined;
  readonly area?: AreaOfInterest | undefined;
}

/** Whoever lent the slot. */
export interface Lender {
  /** Hands the loan's frame to the readers; its sequence. */
  publishLoan(loan: Loan, init: PublishInit): number;
  /** Takes the loan's slot back unused. */
  abandonLoan(loan: Loan): void;
}

/**
 * A slot of the ring, borrowed to write one frame's pixels in place. Ends with `publish()` or `abandon()`; after that
 * its memory is detached: every view of it has no bytes. Left by `using` without publishing, it is abandoned.
 */
export class Loan implements Disposable {
  readonly format: PixelFormat;
  /** Pixels across. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Where the planes lie in {@link bytes}. */
  readonly layout: FrameLayout;
  readonly #lender: Lender;
  #bytes: Uint8Array | undefined;
  #planes: readonly Plane[] | undefined;

  constructor(
    lender: Lender,
    spec: FrameSpec,
    layout: FrameLayout,
    /** Number of the slot. */
    readonly slot: number,
    bytes: Uint8Array,
  ) {
    this.format = spec.format;
    this.width = spec.width;
    this.height = spec.height;
    this.layout = layout;
    this.#lender = lender;
    this.#bytes = bytes;
  }

  /** All planes as one run of writable bytes. Throws `FRAME_RELEASED` once the loan has ended. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) {
      throw new FramelaneError('FRAME_RELEASED', 'the slot was published or abandoned; borrow another one');
    }
    return this.#bytes;
  }

  /** The planes, writable. */
  get planes(): readonly Plane[] {
    const bytes = this.bytes;
    this.#planes ??= this.layout.planes.map(({ offset, stride, rows }) => ({
      data: bytes.subarray(offset, offset + stride * rows),
      stride,
    }));
    return this.#planes;
  }

  /** Whether the loan has ended. */
  get ended(): boolean {
    return this.#bytes === undefined;
  }

  /** Hands the frame to the readers. Returns its number in the ring, from 1. */
  publish(init: PublishInit = {}): number {
    return this.#lender.publishLoan(this, init);
  }

  /** Gives the slot back unused. */
  abandon(): void {
    this.#lender.abandonLoan(this);
  }

  /** Takes the memory out of the loan: the lender's part of ending it. Throws `FRAME_RELEASED` the second time. */
  end(): Uint8Array {
    const bytes = this.bytes;
    this.#bytes = undefined;
    this.#planes = undefined;
    return bytes;
  }

  /** Abandons the loan unless it has ended: what `using` calls. */
  [Symbol.dispose](): void {
    if (!this.ended) this.abandon();
  }
}
