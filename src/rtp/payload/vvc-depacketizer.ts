import { DecodingOrder } from './decoding-order.js';
import { LayeredNalReader } from './layered-nal-reader.js';

/**
 * H.266 payloads (RFC 9328). They begin with a NAL unit header or what looks like one (1.1.4):
 *
 *     0                   1
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |F|Z|  LayerID  |  Type   | TID |   0..27 a NAL unit, 28 AP (4.3.2), 29 FU (4.3.3), 30 and 31 belong to nobody
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * FU header: S E P FuType(5), P on the last fragment of a picture, which the marker tells us too. In an AP only the first
 * NAL unit has a decoding order number; those after it count on.
 */
export class VvcReader extends LayeredNalReader {
  readonly codec = 'vvc';

  /** `donl`: the stream has decoding order numbers (sprop-max-don-diff > 0). */
  constructor(donl = false) {
    super('vvc', { aggregationType: 28, fragmentTypeBits: 0x1f, order: new DecodingOrder(donl ? 2 : 0, 0) });
  }

  protected typeAt(bytes: Uint8Array, at: number): number {
    return (bytes[at + 1] as number) >> 3;
  }

  protected headerOf(bytes: Uint8Array, at: number, type: number): readonly [number, number] {
    return [bytes[at] as number, (type << 3) | ((bytes[at + 1] as number) & 7)];
  }
}
