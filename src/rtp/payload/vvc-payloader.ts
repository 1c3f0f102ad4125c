import { NalPayloader } from './nal-payloader.js';
import type { UnitBytes } from './payloader.js';

/** Packets with several NAL units, and with a part of one (RFC 9328 sections 4.3.2 and 4.3.3). */
const aggregationType = 28;
const fragmentType = 29;

/** NAL units of types 0 to 11 hold parts of a picture (H.266 table 5). */
const lastVclType = 11;

/** How H.266 is to be sent. */
export interface VvcPayloaderOptions {
  /** Whether packets carry decoding order numbers: `sprop-max-don-diff` over 0 in the SDP. Default false. */
  readonly donl?: boolean;
}

/**
 * H.266 on RTP (RFC 9328). A NAL unit header, the payload header of every packet too (section 1.1.4):
 *
 *     0                   1
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |F|Z| LayerID   |  Type   | TID |
 *    +---------------+---------------+
 *
 * Aggregation packet, Type 28 (4.3.2), whose later units have the order number of the one before plus 1;
 * fragmentation unit, Type 29, with its header (4.3.3):
 *
 *     PayloadHdr | DONL? | size, NAL unit | size, NAL unit ...
 *
 *                  +-+-+-+-+-+-+-+-+
 *     PayloadHdr | |S|E|P| FuType  | | DONL? when S | part of the NAL unit without its header
 *                  +---------------+
 */
export class VvcPayloader extends NalPayloader {
  readonly codec = 'vvc';

  /** A stream's state is its decoding order number: one payloader a stream. */
  constructor({ donl = false }: VvcPayloaderOptions = {}) {
    super({
      nalHeaderBytes: 2,
      aggregationHeaderBytes: 2,
      fragmentHeaderBytes: 3,
      ownTypes: { least: aggregationType, most: fragmentType },
      orderBytes: donl ? 2 : 0,
      orderDifferenceBytes: 0,
      aggregates: true,
    });
  }

  protected typeAt(data: Uint8Array, at: number): number {
    return (data[at + 1] as number) >> 3;
  }

  /** F when any unit has it; the lowest LayerID and the lowest TID (section 4.3.2). */
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
      forbidden |= first & 0x80;
      layer = Math.min(layer, first & 0x3f);
      temporal = Math.min(temporal, (data[header + 1] as number) & 7);
    }
    into[at] = forbidden | layer;
    into[at + 1] = (aggregationType << 3) | temporal;
  }

  protected writeFragmentHeader(
    into: Uint8Array,
    at: number,
    unit: UnitBytes,
    index: number,
    isStart: boolean,
    isEnd: boolean,
  ): void {
    const { data, nalUnits } = unit;
    const header = nalUnits[2 * index] as number;
    const second = data[header + 1] as number;
    const endsPicture = isEnd && this.#endsPicture(unit, index);
    into[at] = data[header] as number;
    into[at + 1] = (fragmentType << 3) | (second & 7);
    into[at + 2] = (isStart ? 0x80 : 0) | (isEnd ? 0x40 : 0) | (endsPicture ? 0x20 : 0) | (second >> 3);
  }

  /** Whether a NAL unit is the last of its picture that holds a part of it: a layer of the unit is a picture. */
  #endsPicture({ data, nalUnits, nalUnitCount }: UnitBytes, index: number): boolean {
    const header = nalUnits[2 * index] as number;
    if (this.typeAt(data, header) > lastVclType) return false;
    for (let next = index + 1; next < nalUnitCount; next++) {
      const other = nalUnits[2 * next] as number;
      if (this.typeAt(data, other) <= lastVclType) return data[header] !== data[other];
    }
    return true;
  }
}
