import { FramelaneError } from '../../error.js';
import { NalPayloader } from './nal-payloader.js';
import type { UnitBytes } from './payloader.js';

/** Packets with several NAL units, and with a part of one (RFC 6184 sections 5.7.1 and 5.8). */
const aggregationType = 24;
const fragmentType = 28;

/** How H.264 is to be sent. */
export interface AvcPayloaderOptions {
  /**
   * `packetization-mode` of the SDP (RFC 6184 section 6): 1, the default, lets small NAL units share a packet and cuts up
   * large ones; 0 sends each NAL unit in a packet of its own, for receivers that know nothing else.
   */
  readonly packetizationMode?: 0 | 1;
}

/**
 * H.264 on RTP (RFC 6184). A NAL unit header (section 1.3), and the two headers of a fragment, FU-A (5.8):
 *
 *    +---------------+            +---------------+---------------+
 *    |0|1|2|3|4|5|6|7|            |0|1|2|3|4|5|6|7|0|1|2|3|4|5|6|7|
 *    +-+-+-+-+-+-+-+-+            +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |F|NRI|  Type   |            |F|NRI|   28    |S|E|R|  Type   | part of the NAL unit without its header
 *    +---------------+            +---------------+---------------+
 *
 * Several units in a packet, STAP-A (5.7.1):
 *
 *    |F|NRI|   24    | size, 16 bits | NAL unit | size | NAL unit ...
 */
export class AvcPayloader extends NalPayloader {
  readonly codec = 'avc';
  readonly #mode: 0 | 1;

  constructor({ packetizationMode = 1 }: AvcPayloaderOptions = {}) {
    super({
      nalHeaderBytes: 1,
      aggregationHeaderBytes: 1,
      fragmentHeaderBytes: 2,
      ownTypes: { least: aggregationType, most: 29 }, // STAP-A and -B, MTAP16 and 24, FU-A and -B
      orderBytes: 0,
      orderDifferenceBytes: 0,
      aggregates: packetizationMode === 1,
    });
    this.#mode = packetizationMode;
  }

  protected typeAt(data: Uint8Array, at: number): number {
    return (data[at] as number) & 0x1f;
  }

  /** F when any unit has it, and the highest NRI of all (section 5.7). */
  protected writeAggregationHeader(
    into: Uint8Array,
    at: number,
    { data, nalUnits }: UnitBytes,
    index: number,
    end: number,
  ): void {
    let forbidden = 0;
    let importance = 0;
    for (let unit = index; unit < end; unit++) {
      const header = data[nalUnits[2 * unit] as number] as number;
      forbidden |= header & 0x80;
      importance = Math.max(importance, header & 0x60);
    }
    into[at] = forbidden | importance | aggregationType;
  }

  protected writeFragmentHeader(
    into: Uint8Array,
    at: number,
    { data, nalUnits }: UnitBytes,
    index: number,
    isStart: boolean,
    isEnd: boolean,
  ): void {
    const header = data[nalUnits[2 * index] as number] as number;
    into[at] = (header & 0xe0) | fragmentType;
    into[at + 1] = (isStart ? 0x80 : 0) | (isEnd ? 0x40 : 0) | (header & 0x1f);
  }

  protected override refuseFragments(index: number, bytes: number, room: number): void {
    if (this.#mode === 1) return;
    throw new FramelaneError(
      'LIMIT_EXCEEDED',
      `NAL unit ${index} has ${bytes} bytes and packetization-mode 0 sends at most ${room} in a packet: ` +
        'use mode 1, or let the encoder make smaller slices (x264: slice-max-size)',
      { index, bytes, room },
    );
  }
}
