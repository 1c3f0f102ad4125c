/**
 * Lets asynchronous code sleep until a native waiter thread calls back, a timer runs out, or a signal aborts: one
 * sleeper at a time.
 */
export class Wake {
  #resume: (() => void) | undefined;

  /** Ends the sleep, if there is one. */
  readonly call = (): void => {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  };

  /** Sleeps until {@link call}. */
  sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }
}
