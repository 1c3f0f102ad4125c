/**
 * The frame ring. Rings are named by the small number that their open call returned.
 *
 * "Scratch" is {@link scratchBytes} of JavaScript memory per ring through which slot headers pass, laid out as in
 * docs/ring-layout.md, followed by the words of {@link scratchWord}.
 */
export interface RingNative {
  /** Opens a ring for publishing. Bytes, counts, permission bits, group id + 1 (0 none). Returns its number, or a status < 0. */
  publisherOpen(
    name: string,
    capacity: number,
    slots: number,
    readers: number,
    lossless: boolean,
    mode: number,
    groupPlusOne: number,
    scratch: ArrayBuffer,
    onChange: () => void,
  ): number;
  /** A free slot, or -1. */
  publisherLoan(ring: number): number;
  /** Memory of a borrowed slot's first `bytes` bytes; null where foreign memory is forbidden. */
  publisherPixels(ring: number, slot: number, bytes: number): ArrayBuffer | null;
  /** Copies rows into a borrowed slot. Offset, strides, row length in bytes. */
  publisherCopy(
    ring: number,
    slot: number,
    offset: number,
    stride: number,
    from: Uint8Array,
    fromStride: number,
    rowBytes: number,
    rows: number,
  ): void;
  /** Publishes a slot with the header in the scratch memory; detaches its memory. Returns the sequence, or a status < 0. */
  publisherPublish(ring: number, slot: number, pixels: ArrayBuffer | null): number;
  /** Gives a slot back unused. */
  publisherAbandon(ring: number, slot: number, pixels: ArrayBuffer | null): void;
  /** True: a reader moved on since the last vain loan or look. False: onChange will be called, once. */
  publisherWait(ring: number): boolean;
  /** Whatever readers did until now counts as seen by publisherWait. */
  publisherLook(ring: number): void;
  publisherStopWaiting(ring: number): void;
  /** Readers attached now. */
  publisherReaders(ring: number, losslessOnly: boolean): number;
  /** Frames dropped since the ring was made. */
  publisherDropped(ring: number): number;
  /** Ends the ring; its name goes unless `keep`. */
  publisherClose(ring: number, keep: boolean): void;

  /** Attaches. `mode` 0 every, 1 latest; `lossless` 0 as the ring is, 1 yes, 2 no; `start` 0 default, 1 oldest, 2 newest. */
  subscriberOpen(
    name: string,
    mode: number,
    lossless: number,
    start: number,
    scratch: ArrayBuffer,
    onChange: () => void,
  ): number;
  /**
   * Takes a frame and puts its slot header into the scratch memory: its sequence. None: minus the status (-1 nothing
   * new, -2 closed, -3 replaced), or for an error the status minus 100.
   */
  subscriberTake(ring: number): number;
  /** Memory of a held slot; null where foreign memory is forbidden. */
  subscriberPixels(ring: number, slot: number, pin: number, bytes: number): ArrayBuffer | null;
  /** Copies a held slot's first bytes. */
  subscriberCopy(ring: number, slot: number, into: Uint8Array): void;
  /** Gives a held frame back. */
  subscriberRelease(ring: number, pin: number): void;
  /** True: something happened since the last vain take. False: onChange will be called, once. */
  subscriberWait(ring: number): boolean;
  subscriberStopWaiting(ring: number): void;
  /** Burns CPU until something happens, at most so many microseconds. */
  subscriberSpin(ring: number, microseconds: number): boolean;
  /** Bit 0: the producer lives; bit 1: the file is whole; bit 2: the name still stands for this file. */
  subscriberHealth(ring: number): number;
  subscriberFacts(ring: number): {
    missed: number;
    lossless: number;
    ringLossless: number;
    slots: number;
    capacity: number;
    readers: number;
  };
  /** Takes no more frames; the ring's number stays in use until every frame that is held was released. */
  subscriberClose(ring: number): void;

  /** Takes the memory out of an ArrayBuffer: its views have no bytes from then on. */
  detach(buffer: ArrayBuffer): void;
  /** Looks at a segment from outside; only `status`, `errno` and `producerAlive` when it cannot be understood. */
  inspect(name: string): Record<string, number>;
  /** Ends a ring and removes its name; a status. */
  removeRing(name: string, force: boolean): number;
  /** A copy of the latest frame, its header in the scratch memory; 0: no frame yet; a status < 0. */
  snapshot(name: string, scratch: ArrayBuffer): Uint8Array | number;
  /** errno of the last open that failed. */
  lastErrno(): number;
  /** Whether this runtime allows ArrayBuffers over foreign memory (Electron does not). */
  lendsMemory(): boolean;
}

/** Words behind the slot header in the scratch memory, as indices of a Uint32Array. */
export const scratchWord = { slot: 256, pin: 257, forgotten: 258 } as const;

/** Bytes of the scratch memory of one ring. */
export const scratchBytes = 1024 + 64;
