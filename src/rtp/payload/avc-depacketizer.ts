import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import { NalReader } from './nal-reader.js';
import { uint16At } from './wire.js';

/** Payload types that are packets, not NAL units (RFC 6184 table 1). */
const stapA = 24;
const fuA = 28;

/**
 * H.264 payloads (RFC 6184), packetization modes 0 and 1. The first byte is a NAL unit header or looks like one:
 *
 *     0 1 2 3 4 5 6 7
 *     F|NRI|  Type  |     1..23 a NAL unit, 24 STAP-A, 28 FU-A; others belong to the interleaved mode or to nobody
 *
 *     STAP-A (5.7.1)   header | size 16 | NAL unit | size 16 | NAL unit ...
 *     FU-A (5.8)       header | S E R Type(5) | fragment: F, NRI of the header and this type are the NAL unit's header
 */
export class AvcReader extends NalReader {
  readonly codec = 'avc';

  constructor() {
    super('avc');
  }

  read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    const header = bytes[offset] as number;
    const type = header & 31;
    if (type === fuA) return this.#fragment(bytes, offset, length, unit);
    if (this.isOpen || header >= 0x80) return 'malformed';
    if (type === stapA) return this.#aggregate(bytes, offset + 1, offset + length, unit);
    if (type === 0 || type > stapA) return 'unsupported';
    return this.whole(bytes, offset, length, type, unit);
  }

  #aggregate(bytes: Uint8Array, offset: number, end: number, unit: UnitBuilder): LossReason | undefined {
    if (offset === end) return 'malformed';
    for (let at = offset; at < end; ) {
      const size = at + 2 <= end ? uint16At(bytes, at) : 0;
      at += 2 + size;
      if (size === 0 || at > end) return 'malformed';
      const type = (bytes[at - size] as number) & 31;
      if (type === 0 || type >= stapA || (bytes[at - size] as number) >= 0x80) return 'malformed';
      const fault = this.whole(bytes, at - size, size, type, unit);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #fragment(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    if (length < 2) return 'malformed';
    const fragment = bytes[offset + 1] as number;
    const type = fragment & 31;
    if (fragment >= 0x80) {
      const header = ((bytes[offset] as number) & 0xe0) | type;
      // S and E together would be a NAL unit in one fragment (5.8).
      if (this.isOpen || (fragment & 0x40) !== 0 || type === 0 || type >= stapA || header >= 0x80) return 'malformed';
      if (!this.openFragment(type, type, [header], unit)) return 'limit';
    } else if (!this.continues(type)) return 'malformed';
    if ((fragment & 0x40) !== 0) this.closeFragment();
    return unit.append(bytes, offset + 2, length - 2) ? undefined : 'limit';
  }

  protected firstNal(bytes: Uint8Array, offset: number, length: number): number {
    const type = (bytes[offset] as number) & 31;
    if (type === fuA) return length >= 2 && (bytes[offset + 1] as number) >= 0x80 ? offset + 2 : -1;
    if (type === stapA) return length >= 4 ? offset + 4 : -1;
    return offset + 1;
  }

  protected firstType(bytes: Uint8Array, offset: number, at: number): number {
    // In each case the byte before the payload ends in the type: a NAL unit header, or that of a fragment.
    return at > offset ? (bytes[at - 1] as number) & 31 : 0;
  }
}
