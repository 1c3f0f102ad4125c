import { NalPayloader } from './nal-payloader.js';
import type { UnitBytes } from './payloader.js';

/** Packets with several NAL units, and with a part of one (RFC 7798 sections 4.4.2 and 4.4.3). */
const aggregationType = 48;
const fragmentType = 49;

/** How H.265 is to be sent. */
export interface HevcPayloaderOptions {
  /** Whether packets carry decoding order numbers: `sprop-max-don-diff` over 0 in the SDP. Default false. */
  readonly donl?: boolean;
}

/**
 * H.265 on RTP (RFC 7798). A NAL unit header, the payload header of every packet too (section 1.1.4):
 *
 *     0                   1
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |F|   Type    |  LayerId  | TID |
 *    +-------------+-----------------+
 *
 * Aggregation packet, Type 48 (4.4.2); fragmentation unit, Type 49, with its header (4.4.3):
 *
 *     PayloadHdr | DONL? | size, NAL unit | DOND? size, NAL unit ...
 *
 *                  +-+-+-+-+-+-+-+-+
 *     PayloadHdr | |S|E|  FuType   | | DONL? when S | part of the NAL unit without its header
 *                  +---------------+
 */
export class HevcPayloader extends NalPayloader {
  readonly codec = 'hevc';

  /** A stream's state is its decoding order number: one payloader a stream. */
  constructor({ donl = false }: HevcPayloaderOptions = {}) {
    super({
      nalHeaderBytes: 2,
      aggregationHeaderBytes: 2,
      fragmentHeaderBytes: 3,
      ownTypes: { least: aggregationType, most: 50 }, // 50 is PACI, section 4.4.4
      orderBytes: donl ? 2 : 0,
      orderDifferenceBytes: donl ? 1 : 0,
      aggregates: true,
    });
  }

  protected typeAt(data: Uint8Array, at: number): number {
    return ((data[at] as number) >> 1) & 0x3f;
  }

  /** F when any unit has it; the lowest LayerId and the lowest TID (section 4.4.2). */
  protected writeAggregationHeader(
    into: Uint8Array,
    at: number,
    { data, nalUnits }: UnitBytes,
    index: number,
    end: number,
  ): void {
    let forbidden = 0;
    let layer = 63;
    let temporal = 7;
    for (let unit = index; unit < end; unit++) {
      const header = nalUnits[2 * unit] as number;
      const first = data[header] as number;
      const second = data[header + 1] as number;
      forbidden |= first & 0x80;
      layer = Math.min(layer, ((first & 1) << 5) | (second >> 3));
      temporal = Math.min(temporal, second & 7);
    }
    into[at] = forbidden | (aggregationType << 1) | (layer >> 5);
    into[at + 1] = (layer << 3) | temporal;
  }

  protected writeFragmentHeader(
    into: Uint8Array,
    at: number,
    { data, nalUnits }: UnitBytes,
    index: number,
    isStart: boolean,
    isEnd: boolean,
  ): void {
    const header = nalUnits[2 * index] as number;
    const first = data[header] as number;
    into[at] = (first & 0x81) | (fragmentType << 1);
    into[at + 1] = data[header + 1] as number;
    into[at + 2] = (isStart ? 0x80 : 0) | (isEnd ? 0x40 : 0) | ((first >> 1) & 0x3f);
  }
}
