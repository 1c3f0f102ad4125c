import { DecodingOrder } from './decoding-order.js';
import { LayeredNalReader } from './layered-nal-reader.js';

/**
 * H.265 payloads (RFC 7798). They begin with a NAL unit header or what looks like one (1.1.4):
 *
 *     0                   1
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |F|   Type    |  LayerId  | TID |   0..47 a NAL unit, 48 AP (4.4.2), 49 FU (4.4.3)
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * FU header: S E FuType(6). With it and F, LayerId, TID of the payload header the NAL unit's header is made again.
 * Not read: PACI packets (50), which carry extensions, and types 51..63, which belong to nobody.
 */
export class HevcReader extends LayeredNalReader {
  readonly codec = 'hevc';

  /** `donl`: the stream has decoding order numbers (sprop-max-don-diff > 0). */
  constructor(donl = false) {
    super('hevc', {
      aggregationType: 48,
      fragmentTypeBits: 0x3f,
      order: new DecodingOrder(donl ? 2 : 0, donl ? 1 : 0),
    });
  }

  protected typeAt(bytes: Uint8Array, at: number): number {
    return ((bytes[at] as number) >> 1) & 0x3f;
  }

  protected headerOf(bytes: Uint8Array, at: number, type: number): readonly [number, number] {
    return [((bytes[at] as number) & 0x81) | (type << 1), bytes[at + 1] as number];
  }
}
