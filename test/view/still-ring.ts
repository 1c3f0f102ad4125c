import { randomBytes } from 'node:crypto';
import type { Frame } from '../../src/frame/index.js';
import { Publisher } from '../../src/ring/index.js';

/** How often the frame is published again, ms. */
const everyMs = 50;

/** A camera whose picture stands still, so that what a page shows can be compared with it. */
export class StillRing implements Disposable {
  readonly #publisher: Publisher;
  readonly #timer: NodeJS.Timeout;
  #frame: Frame | undefined;

  constructor(
    slots = 8,
    readonly name = `view-${process.pid}-${randomBytes(3).toString('hex')}`,
  ) {
    this.#publisher = Publisher.open(this.name, { capacity: 4 << 20, slots });
    this.#timer = setInterval(() => this.#publish(), everyMs);
  }

  /** The address to look at. */
  get address(): string {
    return `shm:${this.name}`;
  }

  /** Shows this frame from now on, with its strides and its metadata. */
  show(frame: Frame): void {
    this.#frame = frame;
    this.#publish();
  }

  /** Publishes nothing more until the next `show`; the ring stays open. */
  fallSilent(): void {
    this.#frame = undefined;
  }

  #publish(): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    const { format, width, height, planes, metadata, area } = frame;
    const loan = this.#publisher.loan({ format, width, height, strides: planes.map(({ stride }) => stride) });
    if (loan === undefined) return;
    planes.forEach(({ data }, index) => {
      loan.planes[index]?.data.set(data);
    });
    loan.publish({ metadata, area });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#publisher.close();
  }
}
