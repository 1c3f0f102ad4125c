import { type AccessUnit, type PictureOrder, PictureOrderReader } from '../nal/index.js';

/** Most pictures that may come before one in the stream and be shown after it (H.264 and H.265: a picture buffer). */
const mostReordered = 16;

/** A unit whose place is not certain yet. */
interface Placed {
  readonly unit: AccessUnit;
  readonly order: number;
  /** Its number among the pictures as they are shown, from 0. */
  place: number;
}

/**
 * Numbers the pictures of a stream in the order in which they are shown, which is what timestamps count. A picture that
 * comes later in the stream and is shown earlier moves those before it on by one place; at most 16 can do so.
 */
export class ShownOrder {
  readonly #reader: PictureOrderReader;
  /** The last ones, in the order of the stream; the older half is given out already. */
  #recent: Placed[] = [];
  #waiting: Placed[] = [];
  #count = 0;

  constructor(codec: 'avc' | 'hevc') {
    this.#reader = new PictureOrderReader(codec);
  }

  /** Takes the next unit of the stream; returns those whose places are certain now. */
  push(unit: AccessUnit): Placed[] {
    // Without an order a picture is taken to be shown when it comes.
    const { restart, order } = this.#reader.read(unit) ?? unknown;
    const certain = restart ? this.end() : [];
    const placed = { unit, order, place: this.#count++ };
    for (const before of this.#recent) {
      if (before.order <= order) continue;
      before.place++;
      placed.place--;
    }
    this.#waiting.push(placed);
    this.#recent.push(placed);
    if (this.#recent.length > 2 * mostReordered) this.#recent.shift();
    if (this.#waiting.length > mostReordered) certain.push(this.#waiting.shift() as Placed);
    return certain;
  }

  /** The stream is over: the rest. */
  end(): Placed[] {
    const rest = this.#waiting;
    this.#waiting = [];
    this.#recent = [];
    return rest;
  }
}

const unknown: PictureOrder = { restart: true, order: 0 };
