import { statSync } from 'node:fs';
import type { QtMapping } from '../native/qt.js';
import { native } from '../native.js';
import type { Backend } from './backend.js';
import { qtError, status } from './failure.js';
import type { NativeNames } from './names.js';

/** Where Linux keeps POSIX segments. */
const folder = '/dev/shm';

/** QSharedMemory on POSIX: a file in /dev/shm and a named semaphore. Its lock stays taken when its holder is killed. */
export class PosixBackend implements Backend {
  readonly name: string;
  readonly lockSurvives = false;
  readonly #lockName: string;
  #lock: object | undefined;
  #madeLock = false;
  #madeSegment = false;
  /** Inode of the file we are attached to. */
  #file: bigint | undefined;

  constructor(names: NativeNames) {
    this.name = names.segment;
    this.#lockName = names.lock;
  }

  find(): void {
    if (this.#facts() === undefined) throw qtError(status.missing, this.name);
  }

  bytes(): number {
    return Number(this.#facts()?.size ?? 0n);
  }

  tryLock(timeoutMs: number): boolean {
    this.#lock ??= this.#openLock();
    const result = native().posixSemaphoreTake(this.#lock, timeoutMs);
    if (result === 0) return true;
    if (result === status.timedOut || result === status.interrupted) return false;
    throw qtError(result, this.#lockName);
  }

  unlock(): void {
    if (this.#lock !== undefined) native().posixSemaphoreGive(this.#lock);
  }

  attach(): QtMapping {
    return this.#mapped(native().posixMap(this.name, 0));
  }

  create(bytes: number): QtMapping | undefined {
    const mapping = native().posixMap(this.name, bytes);
    if (mapping === status.exists) return undefined;
    this.#madeSegment = typeof mapping !== 'number';
    return this.#mapped(mapping);
  }

  attached(): undefined {
    return undefined;
  }

  visited(): undefined {
    return undefined;
  }

  current(): boolean {
    return this.#file !== undefined && this.#facts()?.ino === this.#file;
  }

  /** As nobody counts who is attached, the segment goes with its maker; Qt itself leaves it behind. */
  leave(locked: boolean, keep: boolean): void {
    if (this.#madeSegment && !keep && this.current()) native().posixUnlink(this.name);
    if (locked) this.unlock();
    // While the segment is there, others may have the lock open: a second one of the name would lock them out of nothing.
    if (this.#madeLock && this.#facts() === undefined) native().posixSemaphoreUnlink(this.#lockName);
    this.#lock = undefined;
  }

  #mapped(mapping: QtMapping | number): QtMapping {
    if (typeof mapping === 'number') throw qtError(mapping, this.name);
    this.#file = this.#facts()?.ino;
    return mapping;
  }

  #facts() {
    return statSync(folder + this.name, { bigint: true, throwIfNoEntry: false });
  }

  #openLock(): object {
    const fresh = native().posixSemaphoreOpen(this.#lockName, true);
    this.#madeLock = typeof fresh !== 'number';
    const lock = fresh === status.exists ? native().posixSemaphoreOpen(this.#lockName, false) : fresh;
    if (typeof lock === 'number') throw qtError(lock, this.#lockName);
    return lock;
  }
}
