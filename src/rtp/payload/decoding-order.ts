import type { LossReason } from '../lost-unit.js';
import { sequenceDistance } from '../sequence.js';
import { uint16At } from './wire.js';

/**
 * Decoding order numbers of H.265 (RFC 7798 4.4) and H.266 (RFC 9328 4.3), in streams that have them. Units are handed on in
 * the order of sending, so that has to be the order of decoding: streams that interleave NAL units are not supported.
 */
export class DecodingOrder {
  /** Bytes of a DONL field, the number of the first NAL unit in a packet: 2, or 0 in streams without. */
  readonly bytes: number;
  /** Bytes of a DOND field, the difference of the next unit's number, minus one: 1, or 0 where it is 1 always. */
  readonly differenceBytes: number;
  #last = -1;

  constructor(bytes: number, differenceBytes: number) {
    this.bytes = bytes;
    this.differenceBytes = differenceBytes;
  }

  /** Reads a DONL field, which must lie before `end`. */
  begin(bytes: Uint8Array, at: number, end: number): LossReason | undefined {
    if (this.bytes === 0) return undefined;
    if (at + 2 > end) return 'malformed';
    return this.#follow(uint16At(bytes, at));
  }

  /** The next NAL unit of an aggregation packet: reads its DOND field, where there is one. */
  next(bytes: Uint8Array, at: number): LossReason | undefined {
    if (this.bytes === 0) return undefined;
    const difference = this.differenceBytes > 0 ? (bytes[at] as number) : 0;
    return this.#follow((this.#last + 1 + difference) & 0xffff);
  }

  #follow(order: number): LossReason | undefined {
    const isLater = this.#last < 0 || sequenceDistance(this.#last, order) > 0;
    this.#last = order;
    return isLater ? undefined : 'unsupported';
  }
}
