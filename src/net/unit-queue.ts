/** Things that arrived and wait to be taken, at most so many. One taker at a time. */
export class UnitQueue<T> {
  readonly #limit: number;
  readonly #waiting: T[] = [];
  #taker: ((result: T | undefined) => void) | undefined;
  #ended = false;

  /** `limit`: how many may wait. */
  constructor(limit: number) {
    this.#limit = limit;
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
    if (this.#waiting.length >= this.#limit) return false;
    this.#waiting.push(thing);
    return true;
  }

  /** The next one, at once or when it is there; undefined after the end. */
  take(): T | undefined | Promise<T | undefined> {
    const next = this.#waiting.shift();
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
    return this.#waiting.splice(0);
  }
}
