/** An abort of one's own that also comes when another signal does. */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #follow = () => this.#controller.abort();

  /** `onAbort` is called once, whoever aborts. */
  constructor(outer: AbortSignal | undefined, onAbort: () => void) {
    this.#outer = outer;
    this.#controller.signal.addEventListener('abort', onAbort, { once: true });
    if (outer?.aborted) this.#follow();
    outer?.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts, and lets go of the other signal. */
  abort(): void {
    this.#outer?.removeEventListener('abort', this.#follow);
    this.#controller.abort();
  }
}
