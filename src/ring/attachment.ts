import { native } from '../native.js';
import type { SubscriberOptions } from './options.js';
import { SlotHeader } from './slot-header.js';
import { ringError } from './status.js';

/** One attachment to one segment. After its close, what is held of it stays until the last frame was released. */
export class Attachment {
  readonly header = new SlotHeader();
  readonly ring: number;
  readonly name: string;

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

  /** A frame of it is no longer needed. */
  giveBack(pin: number): void {
    native().subscriberRelease(this.ring, pin);
  }

  /** Takes no more frames. To be called once. */
  close(): void {
    native().subscriberClose(this.ring);
  }
}
