import type { QtMapping } from '../native/qt.js';

/** One way of sharing memory: the steps of QSharedMemory, in the operating system's calls. */
export interface Backend {
  /** The segment's native name, for messages. */
  readonly name: string;
  /** Whether the kernel gives the lock back when its holder dies. */
  readonly lockSurvives: boolean;
  /** Throws `QT_NOT_FOUND` unless the segment is there; makes nothing. */
  find(): void;
  /** Bytes of the segment. */
  bytes(): number;
  /** Tries for at most so many ms to take the lock, which is made where there is none. */
  tryLock(timeoutMs: number): boolean;
  unlock(): void;
  /** Maps the segment that is there. To be called with the lock. */
  attach(): QtMapping;
  /** Makes it; undefined when there is one. To be called with the lock. */
  create(bytes: number): QtMapping | undefined;
  /** Mappings of all processes, ours included; undefined where the system does not count them. */
  attached(): number | undefined;
  /** Whether another process has attached since we did; undefined where the system does not say. */
  visited(): boolean | undefined;
  /** Whether the name still stands for the segment we are attached to. */
  current(): boolean;
  /**
   * After unmapping: removes what the last one out has to; with `keep` the segment stays. `locked` says whether the lock
   * is held, which then ends.
   */
  leave(locked: boolean, keep: boolean): void;
}
