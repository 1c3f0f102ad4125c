/** Items lent from one loop to another, one at a time: nothing is queued, and nothing kept after it was given back. */
export class Lending<T> {
  #waiting: ((item: T | undefined) => void) | undefined;
  #offered: T | undefined;
  #settle: (() => void) | undefined;
  #ended: { readonly reason: unknown } | undefined;

  /**
   * Lends the item that `make` makes, and settles once that was given back: `make` is told by what. False when nobody
   * takes items any more; throws what {@link end} was told. One item at a time.
   */
  async give(make: (giveBack: () => void) => T): Promise<boolean> {
    if (this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
        this.#offer(make(resolve));
      });
    }
    this.#settle = undefined;
    if (this.#ended?.reason !== undefined) throw this.#ended.reason;
    return this.#ended === undefined;
  }

  /** The next item; undefined after the end. */
  async take(): Promise<T | undefined> {
    const item = this.#offered;
    this.#offered = undefined;
    if (item !== undefined || this.#ended !== undefined) return item;
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Nothing is lent any more, for a reason that {@link give} throws if there is one. */
  end(reason?: unknown): void {
    this.#ended ??= { reason };
    this.#waiting?.(undefined);
    this.#waiting = undefined;
    this.#settle?.();
  }

  #offer(item: T): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#offered = item;
    else waiting(item);
  }
}
