import { useEffect, useState } from 'preact/hooks';

/** Something that parts of the page are drawn from; tells them when it has changed. */
export class Observable {
  readonly #listeners = new Set<() => void>();
  #changes = 0;

  /** How often it has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Calls the listener after each change, until the answer is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** It has changed. */
  protected changed(): void {
    this.#changes++;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Something that happens again and again. */
export class Happening extends Observable {
  /** It has happened. */
  happen(): void {
    this.changed();
  }
}

/** Draws the component anew whenever one of these changes. */
export function useChanges(...observed: readonly (Observable | undefined)[]): void {
  const [, redraw] = useState(0);
  const changes = () => observed.reduce((sum, one) => sum + (one?.changes ?? 0), 0);
  const drawnAt = changes();
  useEffect(() => {
    const again = () => redraw((count) => count + 1);
    const leave = observed.map((one) => one?.subscribe(again));
    // Effects run after the screen was refreshed: what changed meanwhile was told to nobody.
    if (changes() !== drawnAt) again();
    return () => {
      for (const stop of leave) stop?.();
    };
  }, observed);
}
