/** A segment in our address space. */
export interface QtMapping {
  /** Its bytes; null where the runtime forbids foreign memory. */
  readonly memory: ArrayBuffer | null;
  /** What {@link QtNative.unmap} takes. */
  readonly handle: object;
}

/** What the kernel knows of a System V segment. */
export interface QtSegmentFacts {
  readonly bytes: number;
  /** Mappings of all processes. */
  readonly attached: number;
  /** Process id of its maker. */
  readonly creator: number;
  /** Process id of whoever came or went last. */
  readonly last: number;
}

/** QSharedMemory: segments and locks of System V and POSIX. Numbers below 0 are `-errno`. */
export interface QtNative {
  /** The id of the System V segment of a key (u32); `bytes` above 0 makes it, mode 0600 (-EEXIST: there is one). */
  segmentFind(key: number, bytes: number): number;
  segmentFacts(id: number): QtSegmentFacts | number;
  /** It goes when the last one has detached; its key is free at once. */
  segmentRemove(id: number): number;
  segmentMap(id: number): QtMapping | number;
  /** Opens a POSIX segment; `bytes` above 0 makes it, mode 0600 (-EEXIST). -ENODATA: it has no size yet. */
  posixMap(name: string, bytes: number): QtMapping | number;
  posixUnlink(name: string): number;
  /** Leaves the segment: views of its memory have no bytes from then on. */
  unmap(memory: ArrayBuffer | null, handle: object): void;
  /** Whether somebody cut a POSIX segment short: its lost pages read as zeros. */
  isCut(handle: object): boolean;
  /** The id of the System V semaphore of a key (u32); `make`: a new one, free, mode 0600 (-EEXIST). */
  semaphoreFind(key: number, make: boolean): number;
  /** Waits at most so many ms for it (-EAGAIN). -EIDRM, -EINVAL: it was removed. The kernel gives it back if we die. */
  semaphoreTake(id: number, timeout: number): number;
  semaphoreGive(id: number): number;
  semaphoreRemove(id: number): number;
  /** A POSIX semaphore; `make`: a new one, free, mode 0600 (-EEXIST). */
  posixSemaphoreOpen(name: string, make: boolean): object | number;
  /** Waits at most so many ms for it (-ETIMEDOUT). Nobody gives it back if we die. */
  posixSemaphoreTake(handle: object, timeout: number): number;
  posixSemaphoreGive(handle: object): void;
  posixSemaphoreUnlink(name: string): number;
}
