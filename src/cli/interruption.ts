import { constants } from 'node:os';
import { exitCodes } from './exit-codes.js';

const watched = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns the signals that ask a program to end into an orderly end. */
export class Interruption {
  /** The signal that came first, if one did. */
  signal: NodeJS.Signals | undefined;
  readonly #onSignal: (signal: NodeJS.Signals, again: boolean) => void;

  constructor(onSignal: (signal: NodeJS.Signals, again: boolean) => void) {
    this.#onSignal = onSignal;
    for (const name of watched) process.on(name, this.#take);
  }

  /** The exit code that tells the shell of it. */
  get exitCode(): number | undefined {
    return this.signal === undefined ? undefined : exitCodes.signalBase + constants.signals[this.signal];
  }

  /** Leaves signals to Node again. */
  close(): void {
    for (const name of watched) process.off(name, this.#take);
  }

  readonly #take = (signal: NodeJS.Signals): void => {
    const again = this.signal !== undefined;
    this.signal ??= signal;
    this.#onSignal(signal, again);
  };
}
