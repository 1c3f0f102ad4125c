const leastBytes = 64 << 10;

/** Buffers of one size that wait to be used again; more as long as all that wait are less than half of the limit. */
const usualSpares = 8;

const sizeClass = (bytes: number): number => 32 - Math.clz32(Math.max(bytes, leastBytes) - 1);

/**
 * All memory of a receiver that its input can make grow: units being put together, packets waiting for others, and
 * buffers waiting to be used again. Buffers are powers of two from 64 KiB on. What was handed to the user is the user's and
 * does not count; given back by `AccessUnit.release`, it is used again.
 */
export class ReceiveMemory {
  /** Bytes that are never exceeded. */
  readonly limitBytes: number;
  #heldBytes = 0;
  /** Of the buffers that wait to be used again. */
  #spareBytes = 0;
  /** By power of two. */
  readonly #spares: Uint8Array[][] = Array.from({ length: 33 }, () => []);

  readonly #onShort: () => void;

  /** `onShort` gives back what can be spared, when somebody who deserves it gets no memory. */
  constructor(limitBytes: number, onShort: () => void = () => {}) {
    this.limitBytes = limitBytes;
    this.#onShort = onShort;
  }

  /** Bytes held now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * A buffer of at least so many bytes, its content undefined; undefined when that would exceed the limit. For one who
   * `deserves` it others give up theirs.
   */
  take(bytes: number, deserves = false): Uint8Array | undefined {
    const buffer = this.#take(bytes);
    if (buffer !== undefined || !deserves) return buffer;
    this.#onShort();
    return this.#take(bytes);
  }

  #take(bytes: number): Uint8Array | undefined {
    const power = sizeClass(bytes);
    const spare = (this.#spares[power] as Uint8Array[]).pop();
    if (spare !== undefined) {
      this.#spareBytes -= spare.length;
      return spare;
    }
    const size = 2 ** power;
    if (this.#heldBytes + size > this.limitBytes) this.#dropSpares(size);
    if (this.#heldBytes + size > this.limitBytes) return undefined;
    this.#heldBytes += size;
    return new Uint8Array(size);
  }

  /** Takes a buffer of {@link take} back. */
  give(buffer: Uint8Array): void {
    const spares = this.#spares[sizeClass(buffer.length)] as Uint8Array[];
    if (spares.length >= usualSpares && 2 * (this.#spareBytes + buffer.length) > this.limitBytes) {
      this.#heldBytes -= buffer.length;
      return;
    }
    this.#spareBytes += buffer.length;
    spares.push(buffer);
  }

  /** A buffer becomes the user's. */
  lend(buffer: Uint8Array): void {
    this.#heldBytes -= buffer.length;
  }

  /** The user gave a buffer back; it is kept when there is room. */
  takeBack(buffer: Uint8Array): void {
    if (this.#heldBytes + buffer.length > this.limitBytes) return;
    this.#heldBytes += buffer.length;
    this.give(buffer);
  }

  /** Lets go of waiting buffers, the largest first, until `size` bytes fit. */
  #dropSpares(size: number): void {
    for (let power = this.#spares.length - 1; power >= 0; power--) {
      const spares = this.#spares[power] as Uint8Array[];
      while (spares.length > 0 && this.#heldBytes + size > this.limitBytes) {
        const { length } = spares.pop() as Uint8Array;
        this.#heldBytes -= length;
        this.#spareBytes -= length;
      }
    }
  }
}
