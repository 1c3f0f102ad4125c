import { Frame, type FrameInit } from '../frame/index.js';

/** A frame held in a ring's slot: it does not change until it is released. */
export class RingFrame extends Frame {
  /** When the producer published it: CLOCK_MONOTONIC ns, comparable with process.hrtime.bigint() on this machine. */
  readonly publishTime: bigint;

  constructor(init: FrameInit & { readonly publishTime: bigint }) {
    super(init);
    this.publishTime = init.publishTime;
  }
}
