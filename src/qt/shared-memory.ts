import { setTimeout as sleep } from 'node:timers/promises';
import { FramelaneError } from '../error.js';
import type { QtMapping } from '../native/qt.js';
import { native } from '../native.js';
import type { Backend } from './backend.js';
import { nativeNames, type QtBackendName, type QtKeyKind } from './names.js';
import { PosixBackend } from './posix.js';
import { SystemVBackend } from './system-v.js';

/** Which segment a key means, and how long its lock is waited for. */
export interface QtSharedMemoryOptions {
  /** Default `sysv`: Qt 5, and Qt 6 with a string key. */
  readonly backend?: QtBackendName;
  /** Default: `legacy` for sysv, `native` for posix. */
  readonly names?: QtKeyKind;
  /** Milliseconds that the lock is waited for before `QT_LOCKED`; default 5000. */
  readonly lockTimeout?: number;
  /** Ends a wait with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The lock of a segment, held; released once, at the end of its block by `using`. */
export interface QtLock extends Disposable {
  /** Gives it back; again is harmless. */
  release(): void;
}

/** Largest segment, in bytes: what one typed array of Node 20 can view. */
export const maxSegmentBytes = 2 ** 32 - 1;

/** Longest time, in ms, that the thread sleeps in the kernel for a lock before other work has its turn. */
const lockSliceMs = 2;

/** How long leaving waits for the lock, in ms: it is needed to clean up only. */
const leaveMs = 500;

/** Node tears no addon down on process.exit(): what is open then would leave its key files behind. */
const stillOpen = new Set<QtSharedMemory>();
process.on('exit', () => {
  for (const memory of stillOpen) memory.close();
});

function backendOf(key: string, options: QtSharedMemoryOptions): Backend {
  const { backend = 'sysv', names = backend === 'sysv' ? 'legacy' : 'native' } = options;
  const own = nativeNames(key, backend, names);
  return backend === 'sysv' ? new SystemVBackend(own) : new PosixBackend(own);
}

function checkBytes(bytes: number, key: string): void {
  if (Number.isInteger(bytes) && bytes >= 1 && bytes <= maxSegmentBytes) return;
  const message = `QSharedMemory "${key}": ${bytes} bytes; 1 to ${maxSegmentBytes} can be used`;
  throw new FramelaneError(bytes > maxSegmentBytes ? 'LIMIT_EXCEEDED' : 'BAD_ARGUMENT', message, {
    subject: key,
    bytes,
    limit: maxSegmentBytes,
  });
}

/**
 * A `QSharedMemory` segment, attached from outside Qt.
 *
 *     using memory = await QtSharedMemory.attach('process_example');
 *     using lock = await memory.lock();
 *     for (const frame of readImageList(memory.data, { viewOf: memory })) ...
 *
 * As in Qt, whoever detaches last removes segment and key file.
 */
export class QtSharedMemory implements Disposable {
  /** The key that Qt programs use. */
  readonly key: string;
  /** Whether nobody was attached when we came: its programs have ended without cleaning up, killed probably. */
  readonly leftBehind: boolean;
  readonly #backend: Backend;
  readonly #lockTimeout: number;
  #mapping: QtMapping | undefined;
  #bytes: Uint8Array;
  #locked = false;
  #locking = false;
  readonly #closing = new AbortController();

  private constructor(key: string, backend: Backend, mapping: QtMapping, made: boolean, lockTimeout: number) {
    const { memory, handle } = mapping;
    if (memory === null) {
      native().unmap(null, handle);
      throw new FramelaneError('UNSUPPORTED', 'this runtime forbids foreign memory: use plain Node');
    }
    this.key = key;
    this.leftBehind = !made && backend.attached() === 1;
    this.#backend = backend;
    this.#mapping = mapping;
    this.#bytes = new Uint8Array(memory);
    this.#lockTimeout = lockTimeout;
    stillOpen.add(this);
  }

  /**
   * Attaches to the segment of a key. Throws `QT_NOT_FOUND`, `QT_LOCKED` when its lock is not to be had,
   * `QT_NO_PERMISSION`, `LIMIT_EXCEEDED` above {@link maxSegmentBytes}.
   */
  static attach(key: string, options: QtSharedMemoryOptions = {}): Promise<QtSharedMemory> {
    return QtSharedMemory.#open(key, options, (backend) => {
      checkBytes(Math.max(1, backend.bytes()), key); // 0: mapping it says what that means
      return { mapping: backend.attach(), made: false };
    });
  }

  /**
   * Makes a segment of so many bytes, all zero, and attaches to it. One that is there is `QT_BUSY`, unless nobody is
   * attached to it any more (System V counts them): then it was left behind by a killed program and is replaced.
   */
  static async create(key: string, bytes: number, options: QtSharedMemoryOptions = {}): Promise<QtSharedMemory> {
    checkBytes(bytes, key);
    return QtSharedMemory.#open(
      key,
      options,
      (backend) => {
        const mapping = backend.create(bytes) ?? replaceLeftBehind(backend, bytes);
        if (mapping !== undefined) return { mapping, made: true };
        const advice = `attach to it, or end its programs (framelane rm "qt:${key}" removes what killed ones left)`;
        throw new FramelaneError('QT_BUSY', `QSharedMemory "${key}" exists already: ${advice}`, { subject: key });
      },
      true,
    );
  }

  static async #open(
    key: string,
    options: QtSharedMemoryOptions,
    map: (backend: Backend) => { mapping: QtMapping; made: boolean },
    makes = false,
  ): Promise<QtSharedMemory> {
    const { lockTimeout = 5000, signal } = options;
    const backend = backendOf(key, options);
    if (!makes) backend.find(); // or a lock would be made for what is not there
    await takeLock(backend, key, lockTimeout, signal);
    try {
      const { mapping, made } = map(backend);
      const memory = new QtSharedMemory(key, backend, mapping, made, lockTimeout);
      backend.unlock();
      return memory;
    } catch (error) {
      backend.leave(true, true);
      throw error;
    }
  }

  /** The segment's bytes, shared with whoever is attached. Throws `QT_CLOSED` after close(), `QT_DAMAGED` if cut short. */
  get data(): Uint8Array {
    const { handle } = this.#attachment();
    if (!native().isCut(handle)) return this.#bytes;
    throw new FramelaneError('QT_DAMAGED', `QSharedMemory "${this.key}" was cut short by somebody: attach anew`, {
      subject: this.key,
    });
  }

  /** Bytes of the segment; 0 after close(). */
  get size(): number {
    return this.#bytes.byteLength;
  }

  /** Whether it was closed: frames that are views of it end with it. */
  get released(): boolean {
    return this.#mapping === undefined;
  }

  /** Mappings of all processes, this one included; undefined for POSIX, which does not count. */
  get attached(): number | undefined {
    this.#attachment();
    return this.#backend.attached();
  }

  /** Whether another process has attached since this one did; undefined for POSIX, which does not say. */
  get visited(): boolean | undefined {
    this.#attachment();
    return this.#backend.visited();
  }

  /** Whether the key still stands for this segment. */
  get current(): boolean {
    this.#attachment();
    return this.#backend.current();
  }

  /**
   * Takes the lock that Qt programs take with `QSharedMemory::lock()`. It is not recursive. Throws `QT_LOCKED` after
   * the timeout (ms).
   */
  async lock(timeout = this.#lockTimeout, signal?: AbortSignal): Promise<QtLock> {
    this.#attachment();
    if (this.#locked || this.#locking) {
      throw new FramelaneError('BAD_ARGUMENT', `QSharedMemory "${this.key}" is locked by us already`);
    }
    this.#locking = true;
    const ends = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    await takeLock(this.#backend, this.key, timeout, ends).finally(() => {
      this.#locking = false;
    });
    this.#locked = true;
    const release = () => this.#unlock();
    return { release, [Symbol.dispose]: release };
  }

  /**
   * Detaches; views of the segment have no bytes from then on. The last one out removes the segment, unless `keep`,
   * which leaves it to whoever attaches next. Idempotent.
   */
  close(options: { readonly keep?: boolean } = {}): void {
    const mapping = this.#mapping;
    if (mapping === undefined) return;
    stillOpen.delete(this);
    this.#mapping = undefined;
    this.#closing.abort(closedError(this.key));
    const locked = this.#locked || this.#backend.tryLock(leaveMs);
    this.#locked = false;
    native().unmap(mapping.memory, mapping.handle);
    this.#backend.leave(locked, options.keep ?? false);
  }

  /** Closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close();
  }

  #unlock(): void {
    if (!this.#locked) return;
    this.#locked = false;
    this.#backend.unlock();
  }

  #attachment(): QtMapping {
    if (this.#mapping !== undefined) return this.#mapping;
    throw closedError(this.key);
  }
}

function closedError(key: string): FramelaneError {
  return new FramelaneError('QT_CLOSED', `QSharedMemory "${key}" was closed`, { subject: key });
}

/** A System V segment that nobody is attached to any more makes room for a new one. */
function replaceLeftBehind(backend: Backend, bytes: number): QtMapping | undefined {
  if (backend.attached() !== 0) return undefined;
  backend.leave(true, false); // with the lock, which it ends
  return backend.tryLock(leaveMs) ? backend.create(bytes) : undefined;
}

/** Sleeps in the kernel in short slices, so that it queues for the lock and the event loop goes on. */
async function takeLock(backend: Backend, key: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    if (backend.tryLock(lockSliceMs)) return;
    if (performance.now() >= end) throw lockedError(backend, key, timeoutMs);
    await sleep(1);
  }
}

function lockedError({ lockSurvives }: Backend, key: string, timeoutMs: number): FramelaneError {
  const advice = lockSurvives
    ? 'the program that holds it hangs; look what it does, or give a longer lock='
    : 'its holder hangs, or was killed, and then nothing gives it back: end the programs that use it, `framelane rm` it, start them again';
  const message = `QSharedMemory "${key}": its lock was not to be had within ${timeoutMs} ms: ${advice}`;
  return new FramelaneError('QT_LOCKED', message, { subject: key, timeout: timeoutMs });
}
