/** What waits has a size. */
interface Sized {
  readonly data: { readonly byteLength: number };
}

/** Things that arrived and wait to be taken, at most so many and of so many bytes. One taker at a time. */
export class UnitQueue<T extends Sized> {
  readonly #limit: number;
  readonly #byteLimit: number;
  readonly #waiting: T[] = [];
  #bytes = 0;
  #taker: ((result: T | undefined) => void) | undefined;
  #ended = false;

  /** `limit`: how many may wait; `byteLimit`: bytes of all of them, unless it is only one. */
  constructor(limit: number, byteLimit: number) {
    this.#limit = limit;
    this.#byteLimit = byteLimit;
  }

  /** False: there is no room, or nobody takes anything any more. */
  put(thing: T): boolean {
    if (this.#ended) return false;
    const taker = this.#taker;
    if (taker !== undefined) {
      this.#taker = undefined;
      taker(thing);
      return true;
    }
    const bytes = this.#bytes + thing.data.byteLength;
    if (this.#waiting.length >= this.#limit || (bytes > this.#byteLimit && this.#waiting.length > 0)) return false;
    this.#waiting.push(thing);
    this.#bytes = bytes;
    return true;
  }

  /** The next one, at once or when it is there; undefined after the end. */
  take(): T | undefined | Promise<T | undefined> {
    const next = this.#waiting.shift();
    this.#bytes -= next?.data.byteLength ?? 0;
    if (next !== undefined || this.#ended) return next;
    return new Promise((resolve) => {
      this.#taker = resolve;
    });
  }

  /** Whoever waits is told that there is nothing, as at the end; things that come later wait for the next taker. */
  interrupt(): void {
    this.#taker?.(undefined);
    this.#taker = undefined;
  }

  /** Nothing comes any more. What waits can still be taken. */
  end(): void {
    this.#ended = true;
    this.interrupt();
  }

  /** Takes out what waits. */
  clear(): T[] {
    this.#bytes = 0;
    return this.#waiting.splice(0);
  }
}
