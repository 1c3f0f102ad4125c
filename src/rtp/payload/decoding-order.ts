import type { LossReason } from '../lost-unit.js';
import { sequenceDistance } from '../sequence.js';
import { uint16At } from './wire.js';

/**
 * Decoding order numbers of H.265 (RFC 7798 4.4) and H.266 (RFC 9328 4.3), in streams that have them. Units are handed on in
 * the order of sending, so that has to be the order of decoding: streams that interleave NAL units are not supported.
 */
export class DecodingOrder {
  /** Bytes of a DONL field: 2, or 0 in streams without. */
  readonly bytes: number;
  /** Bytes of a DOND field: 1, or 0 in streams without. */
  readonly differenceBytes: number;
  #last = -1;

  constructor(isPresent: boolean) {
    this.bytes = isPresent ? 2 : 0;
    this.differenceBytes = isPresent ? 1 : 0;
  }

  /** Reads a DONL field, which must lie before `end`. */
  begin(bytes: Uint8Array, at: number, end: number): LossReason | undefined {
    if (this.bytes === 0) return undefined;
    if (at + 2 > end) return 'malformed';
    return this.#follow(uint16At(bytes, at));
  }

  /** Reads a DOND field: the difference to the unit before it, minus one. */
  next(bytes: Uint8Array, at: number): LossReason | undefined {
    if (this.bytes === 0) return undefined;
    return this.#follow((this.#last + 1 + (bytes[at] as number)) & 0xffff);
  }

  #follow(order: number): LossReason | undefined {
    const isLater = this.#last < 0 || sequenceDistance(this.#last, order) > 0;
    this.#last = order;
    return isLater ? undefined : 'unsupported';
  }
}
