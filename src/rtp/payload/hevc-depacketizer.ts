import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import { DecodingOrder } from './decoding-order.js';
import { NalReader } from './nal-reader.js';
import { uint16At } from './wire.js';

/** Types that are packets, not NAL units (RFC 7798 4.4). */
const aggregation = 48;
const fragmentation = 49;

/** Of NAL unit header and payload header alike. */
const headerBytes = 2;

/**
 * H.265 payloads (RFC 7798). They begin with a NAL unit header or what looks like one:
 *
 *     0 1 2 3 4 5 6 7 8 9 a b c d e f
 *     F|   Type    |  LayerId  | TID |   0..47 a NAL unit, 48 AP, 49 FU, 50 PACI, others belong to nobody
 *
 *     single (4.4.1)   header | DONL 16 | payload
 *     AP (4.4.2)       header | DONL 16 | size 16 | NAL unit | DOND 8 | size 16 | NAL unit ...
 *     FU (4.4.3)       header | S E FuType(6) | DONL 16, when S | fragment: F, LayerId, TID and this type are the header
 *
 * DONL and DOND are there when sprop-max-don-diff is above 0.
 */
export class HevcReader extends NalReader {
  readonly codec = 'hevc';
  readonly #order: DecodingOrder;

  /** `hasOrder`: the stream has decoding order numbers (sprop-max-don-diff > 0). */
  constructor(hasOrder = false) {
    super('hevc');
    this.#order = new DecodingOrder(hasOrder);
  }

  read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    if (length < headerBytes) return 'malformed';
    const type = ((bytes[offset] as number) >> 1) & 63;
    if (type === fragmentation) return this.#fragment(bytes, offset, length, unit);
    if (this.isOpen || !isUsable(bytes, offset)) return 'malformed';
    if (type === aggregation) return this.#aggregate(bytes, offset + headerBytes, offset + length, unit);
    if (type > aggregation) return 'unsupported';
    return this.#single(bytes, offset, length, type, unit);
  }

  #single(bytes: Uint8Array, offset: number, length: number, type: number, unit: UnitBuilder): LossReason | undefined {
    if (this.#order.bytes === 0) return this.whole(bytes, offset, length, type, unit);
    const fault = this.#order.begin(bytes, offset + headerBytes, offset + length);
    if (fault !== undefined) return fault;
    const skipped = headerBytes + this.#order.bytes;
    const isWhole =
      this.whole(bytes, offset, headerBytes, type, unit) === undefined &&
      unit.append(bytes, offset + skipped, length - skipped);
    return isWhole ? undefined : 'limit';
  }

  #aggregate(bytes: Uint8Array, offset: number, end: number, unit: UnitBuilder): LossReason | undefined {
    let fault = this.#order.begin(bytes, offset, end);
    let at = offset + this.#order.bytes;
    if (at >= end) return 'malformed';
    while (at < end && fault === undefined) {
      const size = at + 2 <= end ? uint16At(bytes, at) : 0;
      at += 2 + size;
      if (size < headerBytes || at > end) return 'malformed';
      const type = ((bytes[at - size] as number) >> 1) & 63;
      if (type >= aggregation || !isUsable(bytes, at - size)) return 'malformed';
      fault = this.whole(bytes, at - size, size, type, unit);
      if (at < end) {
        fault ??= this.#order.next(bytes, at);
        at += this.#order.differenceBytes;
        if (at >= end) return 'malformed';
      }
    }
    return fault;
  }

  #fragment(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    if (length < headerBytes + 1) return 'malformed';
    const fragment = bytes[offset + 2] as number;
    const common = (((bytes[offset] as number) & 0x81) << 16) | ((bytes[offset + 1] as number) << 8) | (fragment & 63);
    let at = offset + headerBytes + 1;
    if (fragment >= 0x80) {
      const fault = this.#beginFragments(bytes, offset, offset + length, common, unit);
      if (fault !== undefined) return fault;
      at += this.#order.bytes;
    } else if (!this.continues(common)) return 'malformed';
    if ((fragment & 0x40) !== 0) this.closeFragment();
    return unit.append(bytes, at, offset + length - at) ? undefined : 'limit';
  }

  #beginFragments(
    bytes: Uint8Array,
    offset: number,
    end: number,
    common: number,
    unit: UnitBuilder,
  ): LossReason | undefined {
    const fragment = bytes[offset + 2] as number;
    const type = fragment & 63;
    // S and E together would be a NAL unit in one fragment (4.4.3).
    const isAlone = (fragment & 0x40) !== 0;
    if (this.isOpen || isAlone || type >= aggregation || !isUsable(bytes, offset)) return 'malformed';
    const fault = this.#order.begin(bytes, offset + headerBytes + 1, end);
    if (fault !== undefined) return fault;
    const header = [((bytes[offset] as number) & 0x81) | (type << 1), bytes[offset + 1] as number];
    return this.openFragment(common, type, header, unit) ? undefined : 'limit';
  }

  protected firstNal(bytes: Uint8Array, offset: number, length: number): number {
    if (length < headerBytes) return -1;
    const type = ((bytes[offset] as number) >> 1) & 63;
    let at = offset + headerBytes;
    if (type === fragmentation) {
      if (length < 3 || (bytes[at] as number) < 0x80) return -1;
      at += 1;
    } else if (type === aggregation) at += 2 + headerBytes;
    at += this.#order.bytes;
    return at <= offset + length ? at : -1;
  }

  protected firstType(bytes: Uint8Array, offset: number, at: number): number {
    const type = ((bytes[offset] as number) >> 1) & 63;
    if (type === fragmentation) return (bytes[offset + 2] as number) & 63;
    return type === aggregation ? ((bytes[at - headerBytes] as number) >> 1) & 63 : type;
  }
}

/** Whether a header is one: not marked as damaged, and its TID not 0 (H.265 7.4.2.2). */
function isUsable(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] as number) < 0x80 && ((bytes[at + 1] as number) & 7) !== 0;
}
