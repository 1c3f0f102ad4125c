/** Delays, in ms, between which the window stays as it is: longer ones shrink it, shorter ones let it grow. */
const shortMs = 120;
const longMs = 250;

/** Most messages under way; reached only where all of them arrive in a short time. */
const mostUnderWay = 24;

/**
 * Keeps pictures young on slow links. Kernels and proxies buffer megabytes: without a limit of messages that are under
 * way, small pictures would queue there for seconds. The page acknowledges what it has; the longer that takes, the fewer
 * messages may be under way.
 */
export class FlowWindow {
  readonly #sentMs = new Map<number, { readonly at: number; readonly bytes: number }>();
  #size = 4;
  #acknowledged = 0;
  #sent = 0;
  /** Bytes that have arrived, so far. */
  arrivedBytes = 0;

  /** Whether another message may leave. */
  get open(): boolean {
    return this.#sent - this.#acknowledged < this.#size;
  }

  /** Messages that may be under way now. */
  get size(): number {
    return this.#size;
  }

  /** A message left. Numbers count up from 1. */
  sent(number: number, bytes: number, now: number): void {
    this.#sent = number;
    this.#sentMs.set(number, { at: now, bytes });
  }

  /** The page has everything up to that number. Numbers that were never sent are ignored. */
  arrived(number: number, now: number): void {
    if (!(number > this.#acknowledged && number <= this.#sent)) return;
    const delay = now - (this.#sentMs.get(number)?.at ?? now);
    for (let done = this.#acknowledged + 1; done <= number; done++) {
      this.arrivedBytes += this.#sentMs.get(done)?.bytes ?? 0;
      this.#sentMs.delete(done);
    }
    this.#acknowledged = number;
    if (delay > longMs) this.#size = Math.max(1, Math.floor(this.#size / 2));
    else if (delay < shortMs) this.#size = Math.min(mostUnderWay, this.#size + 1);
  }
}
