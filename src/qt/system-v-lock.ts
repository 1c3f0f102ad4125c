import { native } from '../native.js';
import { qtError, status } from './failure.js';
import { makeKeyFile, removeKeyFile, systemVKey } from './key-file.js';

/** QSystemSemaphore on System V: 1 when free; taken with SEM_UNDO, so the kernel gives it back for the dead. */
export class SystemVLock {
  readonly #file: string;
  #id: number | undefined;
  /** Qt's rule: whoever made it removes it. */
  #made = false;
  #held = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether this object holds it. */
  get held(): boolean {
    return this.#held;
  }

  /** Takes it; false when it could not be had in that many ms. Made where there is none. */
  tryTake(timeoutMs: number): boolean {
    // Its maker may go meanwhile and take it along, as Qt does: the next one to want it makes it anew.
    for (let attempt = 0; attempt < 3; attempt++) {
      this.#id ??= this.#open();
      const result = native().semaphoreTake(this.#id, timeoutMs);
      this.#held = result === 0;
      if (this.#held) return true;
      if (result === status.again || result === status.interrupted) return false;
      if (result !== status.removed && result !== status.invalid) throw qtError(result, this.#file);
      this.#id = undefined;
      this.#made = false;
    }
    return false;
  }

  give(): void {
    this.#held = false;
    if (this.#id !== undefined) native().semaphoreGive(this.#id); // if it was removed, there is nothing to give
  }

  /**
   * Ends it: removed if it was made here or the segment is gone, and nobody else holds it. Whoever waits for it is woken
   * and makes another.
   */
  close(unused: boolean): void {
    if ((this.#made || unused) && this.#held && this.#id !== undefined) {
      removeKeyFile(this.#file);
      native().semaphoreRemove(this.#id);
    } else if (this.#held) this.give();
    this.#held = false;
    this.#id = undefined;
  }

  #open(): number {
    makeKeyFile(this.#file);
    const key = systemVKey(this.#file);
    if (key === undefined) throw qtError(status.missing, this.#file);
    const fresh = native().semaphoreFind(key, true);
    this.#made = fresh >= 0;
    const id = fresh === status.exists ? native().semaphoreFind(key, false) : fresh;
    if (id < 0) throw qtError(id, this.#file);
    return id;
  }
}
