import { FramelaneError } from '../../error.js';

const firstBytes = 256 * 1024;

/** Memory for one image, reused from image to image. It grows as bytes arrive, never on a header's word. */
export class ImageBuffer {
  #bytes = new Uint8Array(0);

  constructor(
    /** Most bytes it will grow to. */
    public limit: number,
  ) {}

  /** The memory as it is now. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Puts bytes at `offset`. The caller has checked that they end within the limit. */
  write(bytes: Uint8Array, offset: number): void {
    if (offset + bytes.length > this.#bytes.length) this.#grow(offset + bytes.length);
    this.#bytes.set(bytes, offset);
  }

  #grow(needed: number): void {
    if (needed > this.limit) {
      throw new FramelaneError('LIMIT_EXCEEDED', `image of ${needed} bytes, limit ${this.limit}`, {
        offset: this.limit,
      });
    }
    const grown = new Uint8Array(Math.min(this.limit, Math.max(firstBytes, this.#bytes.length * 2, needed)));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** The few buffers of one link: one is filled, the others are on loan or wait for their turn. */
export class ImagePool {
  readonly #free: ImageBuffer[] = [];
  #made = 0;

  constructor(
    /** Buffers in all. */
    readonly size: number,
    private limit: number,
  ) {}

  /** A buffer to fill; undefined while all are on loan. */
  take(): ImageBuffer | undefined {
    const buffer = this.#free.pop() ?? (this.#made < this.size ? this.make() : undefined);
    if (buffer !== undefined) buffer.limit = this.limit;
    return buffer;
  }

  /** Another buffer of the pool. */
  make(): ImageBuffer {
    this.#made++;
    return new ImageBuffer(this.limit);
  }

  /** Takes a buffer back. */
  give(buffer: ImageBuffer): void {
    this.#free.push(buffer);
  }

  /** Lets buffers grow to more from now on. */
  raise(limit: number): void {
    this.limit = Math.max(this.limit, limit);
  }

  /** Bytes held by the buffers at rest: for tests that watch growth. */
  get idleBytes(): number {
    return this.#free.reduce((sum, buffer) => sum + buffer.bytes.length, 0);
  }
}
