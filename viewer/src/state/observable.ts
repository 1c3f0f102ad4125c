import { useEffect, useState } from 'preact/hooks';

/** Something that parts of the page are drawn from; tells them when it has changed. */
export class Observable {
  readonly #listeners = new Set<() => void>();

  /** Calls the listener after each change, until the answer is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** It has changed. */
  protected changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Draws the component anew whenever one of these changes. */
export function useChanges(...observed: readonly (Observable | undefined)[]): void {
  const [, redraw] = useState(0);
  useEffect(() => {
    const leave = observed.map((one) => one?.subscribe(() => redraw((count) => count + 1)));
    return () => {
      for (const stop of leave) stop?.();
    };
  }, observed);
}
