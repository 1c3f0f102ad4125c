import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import type { DecodingOrder } from './decoding-order.js';
import { NalReader } from './nal-reader.js';
import { uint16At } from './wire.js';

/** Of NAL unit header and payload header alike. */
const headerBytes = 2;

/** What tells H.266 payloads from those of H.265. */
export interface LayeredFormat {
  /** Type of aggregation packets; that of fragmentation units is one higher, those of NAL units are lower. */
  readonly aggregationType: number;
  /** Bits of a fragment header that are the type of the NAL unit. */
  readonly fragmentTypeBits: number;
  /** Decoding order numbers. */
  readonly order: DecodingOrder;
}

/**
 * What H.265 (RFC 7798) and H.266 (RFC 9328) have in common: headers of two bytes, with a layer and a temporal id that
 * is never 0, and where the parts of a packet are:
 *
 *     single               header | DONL | payload
 *     aggregation packet   header | DONL | size 16 | NAL unit | DOND | size 16 | NAL unit ...
 *     fragmentation unit   header | S E .. type | DONL, when S | fragment
 */
export abstract class LayeredNalReader extends NalReader {
  readonly #format: LayeredFormat;

  constructor(codec: 'hevc' | 'vvc', format: LayeredFormat) {
    super(codec);
    this.#format = format;
  }

  read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    if (length < headerBytes) return 'malformed';
    const type = this.typeAt(bytes, offset);
    const { aggregationType } = this.#format;
    if (type === aggregationType + 1) return this.#fragment(bytes, offset, length, unit);
    if (this.isOpen || !isUsable(bytes, offset)) return 'malformed';
    if (type === aggregationType) return this.#aggregate(bytes, offset + headerBytes, offset + length, unit);
    if (type > aggregationType) return 'unsupported';
    return this.#single(bytes, offset, length, type, unit);
  }

  /** Type in the NAL unit header, or payload header, at an offset. */
  protected abstract typeAt(bytes: Uint8Array, at: number): number;

  /** The header of a fragmented NAL unit: the payload header at an offset, with the NAL unit's type. */
  protected abstract headerOf(bytes: Uint8Array, at: number, type: number): readonly [number, number];

  #single(bytes: Uint8Array, offset: number, length: number, type: number, unit: UnitBuilder): LossReason | undefined {
    const { order } = this.#format;
    if (order.bytes === 0) return this.whole(bytes, offset, length, type, unit);
    const fault = order.begin(bytes, offset + headerBytes, offset + length);
    if (fault !== undefined) return fault;
    const skipped = headerBytes + order.bytes;
    const isHeld =
      this.whole(bytes, offset, headerBytes, type, unit) === undefined &&
      unit.append(bytes, offset + skipped, length - skipped);
    return isHeld ? undefined : 'limit';
  }

  #aggregate(bytes: Uint8Array, offset: number, end: number, unit: UnitBuilder): LossReason | undefined {
    const { order } = this.#format;
    let fault = order.begin(bytes, offset, end);
    let at = offset + order.bytes;
    if (at >= end) return 'malformed';
    while (at < end && fault === undefined) {
      const size = at + 2 <= end ? uint16At(bytes, at) : 0;
      const nal = at + 2;
      at = nal + size;
      if (size < headerBytes || at > end || !isUsable(bytes, nal)) return 'malformed';
      const type = this.typeAt(bytes, nal);
      fault = type < this.#format.aggregationType ? this.whole(bytes, nal, size, type, unit) : 'malformed';
      if (at < end) {
        fault ??= order.next(bytes, at);
        at += order.differenceBytes;
        if (at >= end) return 'malformed';
      }
    }
    return fault;
  }

  #fragment(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    if (length < headerBytes + 1) return 'malformed';
    const { fragmentTypeBits, order } = this.#format;
    const fragment = bytes[offset + 2] as number;
    const common = (uint16At(bytes, offset) << 8) | (fragment & fragmentTypeBits);
    let at = offset + headerBytes + 1;
    if (fragment >= 0x80) {
      const fault = this.#beginFragments(bytes, offset, offset + length, common, unit);
      if (fault !== undefined) return fault;
      at += order.bytes;
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
    const { aggregationType, fragmentTypeBits, order } = this.#format;
    const fragment = bytes[offset + 2] as number;
    const type = fragment & fragmentTypeBits;
    // S and E together would be a NAL unit in one fragment.
    const isAlone = (fragment & 0x40) !== 0;
    if (this.isOpen || isAlone || type >= aggregationType || !isUsable(bytes, offset)) return 'malformed';
    const fault = order.begin(bytes, offset + headerBytes + 1, end);
    if (fault !== undefined) return fault;
    return this.openFragment(common, type, this.headerOf(bytes, offset, type), unit) ? undefined : 'limit';
  }

  protected firstNal(bytes: Uint8Array, offset: number, length: number): number {
    if (length < headerBytes) return -1;
    const { aggregationType, order } = this.#format;
    const type = this.typeAt(bytes, offset);
    let at = offset + headerBytes + order.bytes;
    if (type === aggregationType + 1) {
      if (length < headerBytes + 1 || (bytes[offset + 2] as number) < 0x80) return -1;
      at += 1;
    } else if (type === aggregationType) at += 2 + headerBytes;
    return at <= offset + length ? at : -1;
  }

  protected firstType(bytes: Uint8Array, offset: number, at: number): number {
    const { aggregationType, fragmentTypeBits } = this.#format;
    const type = this.typeAt(bytes, offset);
    if (type === aggregationType + 1) return (bytes[offset + 2] as number) & fragmentTypeBits;
    return type === aggregationType ? this.typeAt(bytes, at - headerBytes) : type;
  }
}

/** Whether a header is one: not marked as damaged, and its temporal id allowed (H.265 7.4.2.2, H.266 7.4.2.2). */
function isUsable(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] as number) < 0x80 && ((bytes[at + 1] as number) & 7) !== 0;
}
