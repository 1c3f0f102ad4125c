/** How a ring is made. */
export interface PublisherOptions {
  /** Most bytes one frame can take. Frames may be any size up to it and change from one to the next. */
  readonly capacity: number;
  /** Slots, 2..255; default 8. At least the frames that are held at once, plus 2. */
  readonly slots?: number;
  /** Readers at once, 1..1024; default 64. */
  readonly readers?: number;
  /** Drop nothing: wait for slow readers (not for dead ones) instead; default false. */
  readonly lossless?: boolean;
  /** Permission bits of the segment; default 0o600, or 0o660 with `group`. */
  readonly mode?: number;
  /** Group (number) that may attach as well. */
  readonly group?: number;
}

/** How a ring is read. */
export interface SubscriberOptions {
  /** `every` frame in order (default), or always the `latest`, skipping what was missed. */
  readonly mode?: 'every' | 'latest';
  /**
   * Hold frames back until this reader has taken them. Default: as the ring is, for mode `every`; false for `latest`.
   * true on a lossy ring throws `RING_LOSSY`.
   */
  readonly lossless?: boolean;
  /** Where to start: default `oldest` for a lossless reader, otherwise `newest` (the newest frame there is). */
  readonly from?: 'oldest' | 'newest';
  /** Milliseconds to wait for the ring to appear; default 0: it must exist. Infinity waits for ever. */
  readonly wait?: number;
  /** Busy-wait this many microseconds before sleeping: lower latency for CPU time; default 0. */
  readonly spin?: number;
  /**
   * Milliseconds to wait for a new producer when the old one died without closing; default Infinity. After that the
   * iteration throws `RING_PRODUCER_LOST`.
   */
  readonly takeover?: number;
  /** Go on when a producer closed and another opens a ring of the same name; default false: the iteration ends. */
  readonly follow?: boolean;
  /** Copy frames instead of lending the ring's memory; default: only where the runtime forbids external buffers. */
  readonly copy?: boolean;
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal;
}
