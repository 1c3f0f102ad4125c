/** How often the page looks at how late it is, ms. */
const everyMs = 50;

/** Lateness of a second's looks from which the page counts as busy, ms. */
const busyMs = 300;

/** Tells whether the page has more to do than it can: then its timers are late, whatever the link does. */
export class BusyMeter {
  readonly #lateness: number[] = [];
  #due = performance.now() + everyMs;
  readonly #timer = setInterval(() => this.#look(), everyMs);

  /** Whether the page was busy in the last second. */
  get busy(): boolean {
    return this.#lateness.reduce((sum, late) => sum + late, 0) > busyMs;
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    this.#lateness.push(Math.max(0, now - this.#due));
    if (this.#lateness.length > 1000 / everyMs) this.#lateness.shift();
    this.#due = now + everyMs;
  }
}
