import type { QtMapping } from '../native/qt.js';
import { native } from '../native.js';
import type { Backend } from './backend.js';
import { qtError, status } from './failure.js';
import { makeKeyFile, removeKeyFile, systemVKey } from './key-file.js';
import type { NativeNames } from './names.js';
import { SystemVLock } from './system-v-lock.js';

/** QSharedMemory on System V: a file that stands for the key, a segment, a semaphore. */
export class SystemVBackend implements Backend {
  readonly name: string;
  readonly lockSurvives = true;
  readonly #lock: SystemVLock;
  #id: number | undefined;

  constructor(names: NativeNames) {
    this.name = names.segment;
    this.#lock = new SystemVLock(names.lock);
  }

  find(): void {
    this.#id = this.#segmentId();
  }

  bytes(): number {
    return this.#facts().bytes;
  }

  tryLock(timeoutMs: number): boolean {
    return this.#lock.tryTake(timeoutMs);
  }

  unlock(): void {
    this.#lock.give();
  }

  attach(): QtMapping {
    this.#id = this.#segmentId();
    return this.#map(this.#id);
  }

  create(bytes: number): QtMapping | undefined {
    const made = makeKeyFile(this.name);
    const key = systemVKey(this.name);
    if (key === undefined) throw qtError(status.missing, this.name);
    const id = native().segmentFind(key, bytes);
    if (id === status.exists) return undefined;
    if (id < 0) {
      if (made) removeKeyFile(this.name);
      throw qtError(id, this.name);
    }
    this.#id = id;
    return this.#map(id);
  }

  attached(): number {
    return this.#facts().attached;
  }

  visited(): boolean {
    const { attached, last } = this.#facts();
    return attached > 1 || last !== process.pid;
  }

  current(): boolean {
    const key = systemVKey(this.name);
    return key !== undefined && native().segmentFind(key, 0) === this.#id;
  }

  leave(locked: boolean, keep: boolean): void {
    const facts = this.#id === undefined ? status.missing : native().segmentFacts(this.#id);
    // Without the lock somebody may be between making the segment and attaching to it.
    const last = typeof facts !== 'number' && facts.attached === 0 && locked && !keep;
    if (last) {
      native().segmentRemove(this.#id as number);
      removeKeyFile(this.name);
    }
    this.#lock.close(last);
    this.#id = undefined;
  }

  #segmentId(): number {
    const key = systemVKey(this.name);
    const id = key === undefined ? status.missing : native().segmentFind(key, 0);
    if (id < 0) throw qtError(id, this.name);
    return id;
  }

  #facts() {
    this.#id ??= this.#segmentId();
    const facts = native().segmentFacts(this.#id);
    if (typeof facts === 'number') throw qtError(facts, this.name);
    return facts;
  }

  #map(id: number): QtMapping {
    const mapping = native().segmentMap(id);
    if (typeof mapping === 'number') throw qtError(mapping, this.name);
    return mapping;
  }
}
