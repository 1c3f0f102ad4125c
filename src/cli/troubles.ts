import type { FramelaneError } from '../error.js';

/** Tells on standard error of a source that has trouble and goes on trying, once for each trouble, and when it is back. */
export class Troubles {
  readonly #shown: boolean;
  readonly #stream: NodeJS.WriteStream;
  #message: string | undefined;
  #sinceMs = 0;

  constructor(shown: boolean, stream: NodeJS.WriteStream = process.stderr) {
    this.#shown = shown;
    this.#stream = stream;
  }

  /** Something went wrong, and the source tries again. */
  tell({ message, code }: FramelaneError): void {
    if (this.#message === undefined) this.#sinceMs = performance.now();
    if (message !== this.#message) this.#say(`${message} (${code}); trying again`);
    this.#message = message;
  }

  /** A frame came. */
  over(): void {
    if (this.#message === undefined) return;
    this.#message = undefined;
    this.#say(`frames again, after ${((performance.now() - this.#sinceMs) / 1000).toFixed(1)} s`);
  }

  #say(text: string): void {
    // A terminal may be showing progress in its last line.
    const wipe = this.#stream.isTTY ? '\r\x1b[K' : '';
    if (this.#shown) this.#stream.write(`${wipe}framelane: ${text.replaceAll('\n', ' ')}\n`);
  }
}
