import { parseAvcPps, parseAvcSps } from './avc-parameter-sets.js';
import { AvcSlice, avcSliceLookahead } from './avc-slice.js';
import { BitReader } from './bit-reader.js';
import type { NalCodec } from './codec.js';
import { nalLayerAt, nalTypeAt } from './header.js';
import { SetStore, unlessInvalid } from './set-store.js';

/** What tells the pictures of a codec apart. NAL units are given by offset and end in bytes of `data`. */
export interface PictureRules {
  /** Bytes of a NAL unit that have to be there before it can be judged. */
  readonly lookahead: number;
  /** Whether a slice is the first of another picture than the one under way, if there is one. */
  newPicture(data: Uint8Array, offset: number, end: number, underWay: boolean): boolean;
  /** Whether a NAL unit that is no slice belongs to the layers that access units are counted by. */
  counts(data: Uint8Array, offset: number): boolean;
  /** Takes note of a whole NAL unit that is no slice; true when a decoder can begin at its access unit. */
  note(data: Uint8Array, offset: number, end: number): boolean;
}

/** Most bytes of a message that are looked through for a recovery point. */
const messageLimit = 4096;

/** H.264 7.4.1.2.3 and 7.4.1.2.4: slices are compared with one another, for which parameter sets are kept. */
class AvcRules implements PictureRules {
  readonly lookahead = avcSliceLookahead;
  readonly #sets = new SetStore(parseAvcSps, parseAvcPps);
  /** Two slices, read into in turn; before the first there is none to compare with. */
  #slice = new AvcSlice();
  #before = new AvcSlice();
  #compared = false;

  newPicture(data: Uint8Array, offset: number, end: number, underWay: boolean): boolean {
    const type = nalTypeAt('avc', data, offset);
    if (type === 3 || type === 4) return false; // Partitions B and C follow their A.
    const slice = this.#slice;
    if (!slice.read(data, offset, end, this.#sets) || slice.redundantCount > 0) return false;
    const before = this.#before;
    const starts = underWay && this.#compared && slice.startsPicture(before);
    this.#compared = true;
    this.#before = slice;
    this.#slice = before;
    return starts;
  }

  counts(): boolean {
    return true;
  }

  note(data: Uint8Array, offset: number, end: number): boolean {
    const type = nalTypeAt('avc', data, offset);
    if (type === 6) return hasRecoveryPoint(new BitReader(data, offset + 1, Math.min(end, offset + messageLimit)));
    if (type === 7) this.#sets.keepSps(data.subarray(offset, end));
    else if (type === 8) this.#sets.keepPps(data.subarray(offset, end));
    return false;
  }
}

/** H.265 7.4.2.4.4: first_slice_segment_in_pic_flag of the base layer. */
class HevcRules implements PictureRules {
  readonly lookahead = 3;

  newPicture(data: Uint8Array, offset: number, end: number, underWay: boolean): boolean {
    return underWay && this.counts(data, offset) && end - offset > 2 && (data[offset + 2] as number) >= 0x80;
  }

  counts(data: Uint8Array, offset: number): boolean {
    return nalLayerAt('hevc', data, offset) === 0;
  }

  note(): boolean {
    return false;
  }
}

/**
 * H.266 7.4.2.4.3 and 7.4.2.4.4: a slice with its picture header inside, or the picture header before the slices. A
 * picture of a higher layer than the one before belongs to the same access unit.
 */
class VvcRules implements PictureRules {
  readonly lookahead = 3;
  #layer = 0;

  newPicture(data: Uint8Array, offset: number, end: number, underWay: boolean): boolean {
    const first = end - offset > 2 && (data[offset + 2] as number) >= 0x80; // sh_picture_header_in_slice_header_flag
    const begins = underWay && first && this.counts(data, offset);
    this.#layer = nalLayerAt('vvc', data, offset);
    return begins;
  }

  counts(data: Uint8Array, offset: number): boolean {
    return nalLayerAt('vvc', data, offset) <= this.#layer;
  }

  note(): boolean {
    return false;
  }
}

/** The rules of a codec, fresh for one stream. */
export function pictureRules(codec: NalCodec): PictureRules {
  if (codec === 'avc') return new AvcRules();
  return codec === 'hevc' ? new HevcRules() : new VvcRules();
}

/** 7.3.2.3.1: messages of a type and a size, each written as a sum of bytes; recovery_point is type 6 (D.1.8). */
function hasRecoveryPoint(bits: BitReader): boolean {
  const found = unlessInvalid(() => {
    for (;;) {
      if (readSum(bits) === 6) return true;
      bits.skip(8 * readSum(bits));
    }
  });
  return found === true; // Otherwise it came to the end, which is how the last message is known.
}

function readSum(bits: BitReader): number {
  let sum = 0;
  for (let byte = 255; byte === 255; sum += byte) byte = bits.bits(8);
  return sum;
}
