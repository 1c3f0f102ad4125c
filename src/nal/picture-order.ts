import type { AccessUnit } from './access-unit.js';
import { type AvcPps, type AvcSps, parseAvcPps, parseAvcSps } from './avc-parameter-sets.js';
import { AvcSlice } from './avc-slice.js';
import { BitReader } from './bit-reader.js';
import type { NalCodec } from './codec.js';
import { nalTypeAt, usableNal } from './header.js';
import { type HevcPps, type HevcSps, parseHevcPps, parseHevcSps } from './hevc-parameter-sets.js';
import { SetStore, unlessInvalid } from './set-store.js';
import { nalUnitTypes } from './unit-type.js';

/** Where a picture stands among those that are shown. */
export interface PictureOrder {
  /** All pictures before it in the stream are shown before it: orders are counted anew. */
  readonly restart: boolean;
  /** PicOrderCntVal, up to a constant: pictures are shown in ascending order. */
  readonly order: number;
}

/** Reads the order of a picture out of its first slice. */
interface OrderRules {
  /** Takes note of what is no slice. */
  note(type: number, nal: Uint8Array): void;
  /** Undefined where the slice, or what it needs, is damaged or missing. */
  order(type: number, nal: Uint8Array): PictureOrder | undefined;
}

/** A number of which only the lowest bits are sent, next to the one before: H.264 8.2.1.1, H.265 8.3.1. */
function withMsb(lsb: number, bits: number, before: number): number {
  const span = 2 ** bits;
  const near = before - (((before % span) + span) % span) + lsb;
  if (near - before > span / 2) return near - span;
  return before - near >= span / 2 ? near + span : near;
}

/** H.264 8.2.1: by pic_order_cnt_lsb (type 0), or as they come (type 2). Type 1 is not read. */
class AvcOrder implements OrderRules {
  readonly #sets = new SetStore<AvcSps, AvcPps>(parseAvcSps, parseAvcPps);
  readonly #slice = new AvcSlice();
  #before = 0;
  #count = 0;

  note(type: number, nal: Uint8Array): void {
    if (type === 7) this.#sets.keepSps(nal);
    else if (type === 8) this.#sets.keepPps(nal);
  }

  order(_type: number, nal: Uint8Array): PictureOrder | undefined {
    const slice = this.#slice;
    const whole = slice.read(nal, 0, nal.length, this.#sets);
    const sps = whole && slice.spsId !== undefined ? this.#sets.sps.get(slice.spsId) : undefined;
    if (sps === undefined || sps.orderType === 1) return undefined;
    if (sps.orderType === 2) return { restart: slice.idr, order: ++this.#count };
    return this.#byLsb(slice, sps.orderLsbBits);
  }

  #byLsb(slice: AvcSlice, bits: number): PictureOrder {
    if (slice.idr) this.#before = 0;
    const order = withMsb(slice.order, bits, this.#before);
    if (slice.refIdc !== 0) this.#before = order;
    return { restart: slice.idr, order: order + Math.min(0, slice.orderBottom) };
  }
}

/** H.265 8.3.1 */
class HevcOrder implements OrderRules {
  readonly #sets = new SetStore<HevcSps, HevcPps>(parseHevcSps, parseHevcPps);
  #before: number | undefined;

  note(type: number, nal: Uint8Array): void {
    if (type === 33) this.#sets.keepSps(nal);
    else if (type === 34) this.#sets.keepPps(nal);
    else if (type === 36 || type === 37) this.#before = undefined; // After an end the next picture restarts.
  }

  order(type: number, nal: Uint8Array): PictureOrder | undefined {
    const read = unlessInvalid(() => this.#readLsb(type, nal));
    if (read === undefined) return undefined;
    const restart = this.#before === undefined || (type >= 16 && type <= 20); // CRA only after an end.
    const order = restart ? read.lsb : withMsb(read.lsb, read.bits, this.#before as number);
    if (isAnchor(type, nal)) this.#before = order;
    return { restart, order };
  }

  /** slice_pic_order_cnt_lsb (7.3.6.1); IDR pictures have none. */
  #readLsb(type: number, nal: Uint8Array): { lsb: number; bits: number } | undefined {
    const bits = new BitReader(nal, 2);
    bits.skip(type >= 16 && type <= 23 ? 2 : 1); // first_slice_segment_in_pic_flag, no_output_of_prior_pics_flag
    const pps = this.#sets.pps.get(bits.ueUpTo(63, 'slice_pic_parameter_set_id'));
    const sps = pps === undefined ? undefined : this.#sets.sps.get(pps.spsId);
    if (pps === undefined || sps === undefined) return undefined;
    if (type === 19 || type === 20) return { lsb: 0, bits: sps.orderLsbBits };
    bits.skip(pps.extraSliceBits);
    bits.ue(); // slice_type
    bits.skip((pps.outputFlag ? 1 : 0) + (sps.separateColourPlanes ? 2 : 0));
    return { lsb: bits.bits(sps.orderLsbBits), bits: sps.orderLsbBits };
  }
}

/** Whether a picture is one that the next is counted from: of the lowest sub-layer, no RASL, RADL or sub-layer non-reference. */
function isAnchor(type: number, nal: Uint8Array): boolean {
  return ((nal[1] as number) & 7) === 1 && (type >= 16 || (type % 2 === 1 && (type < 6 || type > 9)));
}

/** Tells for each access unit of a stream of H.264 or H.265, in order, when its picture is shown. */
export class PictureOrderReader {
  readonly #codec: NalCodec;
  readonly #rules: OrderRules;

  constructor(codec: 'avc' | 'hevc') {
    this.#codec = codec;
    this.#rules = codec === 'avc' ? new AvcOrder() : new HevcOrder();
  }

  /** Undefined when it cannot be told: without parameter sets, for damaged slices, and for pic_order_cnt_type 1. */
  read(unit: AccessUnit): PictureOrder | undefined {
    let order: PictureOrder | undefined;
    let seen = false;
    for (let index = 0; index < unit.nalUnitCount; index++) {
      const nal = unit.nalUnit(index);
      if (!usableNal(this.#codec, nal, 0, nal.length)) continue;
      const type = nalTypeAt(this.#codec, nal, 0);
      if (nalUnitTypes[this.#codec][type]?.kind !== 'slice') this.#rules.note(type, nal);
      else if (!seen) {
        order = this.#rules.order(type, nal);
        seen = true;
      }
    }
    return order;
  }
}
