import { native } from '../native.js';
import type { SubscriberOptions } from './options.js';
import { SlotHeader } from './slot-header.js';
import { ringError } from './status.js';

/** One attachment to one segment. Lives until it was closed and the last frame of it was released. */
export class Attachment {
  readonly header = new SlotHeader();
  readonly ring: number;
  readonly name: string;
  #held = 0;
  #closing = false;

  constructor(
    name: string,
    options: SubscriberOptions,
    from: 'oldest' | 'newest' | undefined,
    onChange: () => void,
    /** Recycled buffers to copy frames into; undefined: they are lent. */
    readonly spares: Uint8Array[] | undefined,
  ) {
    this.name = name;
    const { mode, lossless } = options;
    const losslessWord = lossless === undefined ? 0 : lossless ? 1 : 2;
    const start = from === undefined ? 0 : from === 'oldest' ? 1 : 2;
    const modeWord = mode === 'latest' ? 1 : 0;
    this.ring = native().subscriberOpen(name, modeWord, losslessWord, start, this.header.buffer, onChange);
    if (this.ring < 0) throw ringError(this.ring, name);
  }

  /** A frame of it was taken. */
  hold(): void {
    this.#held++;
  }

  /** A frame of it is no longer needed. */
  giveBack(pin: number): void {
    native().subscriberRelease(this.ring, pin);
    this.#held--;
    this.#closeWhenUnused();
  }

  /** Ends the attachment, as soon as no frame of it is held any more. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    native().subscriberStopWaiting(this.ring);
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (this.#closing && this.#held === 0) native().subscriberClose(this.ring);
  }
}
