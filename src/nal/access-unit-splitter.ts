import { FramelaneError } from '../error.js';
import { AccessUnit } from './access-unit.js';
import type { NalCodec } from './codec.js';
import { type NalScanner, noOpenUnit, scanNalUnits } from './start-codes.js';
import { UnitBoundary } from './unit-boundary.js';

/** What {@link AccessUnitSplitter} is told. */
export interface AccessUnitSplitterOptions {
  /** What the stream is. */
  readonly codec: NalCodec;
  /** Most bytes of one access unit; default 16 MiB. More is `NAL_INVALID`. */
  readonly maxUnitBytes?: number;
  /** Bytes that may stand before the first start code, in a stream that is joined in its middle; default 64 KiB. */
  readonly maxLeadingBytes?: number;
  /** Finds start codes; default the portable one. The addon's is several times faster. */
  readonly scanner?: NalScanner;
}

/** Default of {@link AccessUnitSplitterOptions.maxUnitBytes}. */
export const defaultUnitLimit = 16 << 20;

/** Default of {@link AccessUnitSplitterOptions.maxLeadingBytes}. */
export const defaultLeadingLimit = 64 << 10;

/** NAL units looked for in one go. */
const scanBatch = 512;

/** Bytes that are copied and searched in one go: few enough to be in cache still when they are searched. */
const pieceBytes = 256 << 10;

/** Smallest memory that units are gathered in, in bytes: small units share it. */
const smallestBlock = 64 << 10;

/**
 * Cuts an Annex B stream that comes in any chunks into access units, by the rules of its standard: H.264 7.4.1.2.3,
 * H.265 7.4.2.4.4, H.266 7.4.2.4.3. The bytes of the units, one after another, are those of the stream, start codes
 * included; trailing zeros belong to the unit before. A unit is complete once the next one begins, or the stream ends.
 *
 * Units are views of memory that they share with their neighbours and that is never written again.
 */
export class AccessUnitSplitter {
  /** What the stream is. */
  readonly codec: NalCodec;
  readonly #limit: number;
  readonly #leadingLimit: number;
  readonly #scan: NalScanner;
  readonly #boundary: UnitBoundary;
  readonly #found = new Uint32Array(2 * scanBatch);
  /** Offset in the block and length of each NAL unit of the access unit under way. */
  #nals: number[] = [];
  #block = new Uint8Array(0);
  /** Where the block begins in the stream. */
  #origin = 0;
  /** Where the access unit under way begins in the block. */
  #start = 0;
  #used = 0;
  /** Where the last NAL unit begins in the block. */
  #open = noOpenUnit;
  /** Whether it was seen if an access unit begins with that one. */
  #judged = true;
  #count = 0;
  #closed = false;
  #units: AccessUnit[] = [];

  constructor(options: AccessUnitSplitterOptions) {
    this.codec = options.codec;
    this.#limit = options.maxUnitBytes ?? defaultUnitLimit;
    this.#leadingLimit = options.maxLeadingBytes ?? defaultLeadingLimit;
    this.#scan = options.scanner ?? scanNalUnits;
    this.#boundary = new UnitBoundary(options.codec);
  }

  /** Units so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes the next bytes, which are copied, and returns the units that became complete. Throws `NAL_INVALID` when a
   * unit is too large or no start code comes; it takes nothing more then.
   */
  push(chunk: Uint8Array): AccessUnit[] {
    this.#checkOpen();
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const before = this.#append(chunk.subarray(at, at + pieceBytes));
      this.#search(Math.max(before - 2, this.#open, this.#start)); // The piece may complete a start code.
      if (this.#used - this.#open >= this.#boundary.lookahead) this.#judge(this.#used);
      this.#checkLimits();
    }
    return this.#taken();
  }

  /** The stream is over: returns what was left. Throws `NAL_INVALID` when there was no picture in it at all. */
  end(): AccessUnit[] {
    this.#checkOpen();
    this.#closed = true;
    if (this.#open === noOpenUnit) throw this.#invalid('no start code in all of the stream: is it Annex B?', 0);
    const end = withoutZeros(this.#block, this.#open, this.#used);
    if (end > this.#open) this.#close(end);
    else this.#dropLast();
    if (this.#count === 0 && !this.#boundary.hasPicture) {
      throw this.#invalid(`no picture of ${this.codec} in all of the stream: is it another codec?`, 0);
    }
    this.#emit(this.#used, this.#boundary.keyFrame);
    return this.#taken();
  }

  /** Adds bytes to the block, or to a new one that begins with the unit under way; returns where they begin. */
  #append(piece: Uint8Array): number {
    if (this.#used + piece.length > this.#block.length) this.#renew(piece.length);
    const before = this.#used;
    this.#block.set(piece, before);
    this.#used += piece.length;
    return before;
  }

  #renew(more: number): void {
    const pending = this.#block.subarray(this.#start, this.#used);
    const shift = this.#start;
    // Twice what is needed, so that bytes are moved once on average, however small the chunks are.
    this.#block = new Uint8Array(Math.max(smallestBlock, 2 * (pending.length + more)));
    this.#block.set(pending);
    for (let index = 0; index < this.#nals.length; index += 2)
      this.#nals[index] = (this.#nals[index] as number) - shift;
    this.#origin += shift;
    this.#start = 0;
    this.#used -= shift;
    if (this.#open !== noOpenUnit) this.#open -= shift;
  }

  #search(from: number): void {
    const data = this.#block.subarray(0, this.#used);
    const found = this.#found;
    for (let next = from; ; ) {
      const count = this.#scan(data, found, next, this.#open);
      if (count > 0 && this.#open !== noOpenUnit && found[0] !== this.#open) this.#dropLast();
      for (let index = 0; index < count; index++) this.#take(2 * index, index === count - 1);
      if (count < scanBatch) return;
      next = this.#open + (found[2 * count - 1] as number); // The last one is found once more.
    }
  }

  /** Takes a NAL unit as it was found; the last one is not known to be whole. */
  #take(at: number, last: boolean): void {
    const offset = this.#found[at] as number;
    if (offset !== this.#open) {
      if (this.#open === noOpenUnit) this.#begin(offset);
      this.#open = offset;
      this.#judged = false;
    }
    if (!last) this.#close(offset + (this.#found[at + 1] as number));
  }

  /** The first NAL unit: zeros before the first start code are part of a stream (B.1.1), anything else is not. */
  #begin(offset: number): void {
    const code = this.#codeBefore(firstCode(this.#block, offset) + 3);
    if (withoutZeros(this.#block, 0, code) > 0) this.#start = code;
  }

  /** Where the start code of a NAL unit begins: 00 00 01, and one zero before it (zero_byte, B.1.2). */
  #codeBefore(offset: number): number {
    const code = offset - 3;
    return code > this.#start && this.#block[code - 1] === 0 ? code - 1 : code;
  }

  #close(end: number): void {
    this.#judge(end);
    this.#nals[this.#nals.length - 1] = end - this.#open;
    this.#boundary.ended(this.#block, this.#open, end);
  }

  /** Another start code came before any byte of a NAL unit: there was none. */
  #dropLast(): void {
    if (this.#judged) this.#nals.length -= 2;
    this.#judged = true;
  }

  /** Sees whether an access unit begins with the last NAL unit, of which the bytes up to `end` are there. */
  #judge(end: number): void {
    if (this.#judged) return;
    this.#judged = true;
    const { keyFrame } = this.#boundary;
    if (this.#boundary.begins(this.#block, this.#open, end)) this.#emit(this.#codeBefore(this.#open), keyFrame);
    this.#nals.push(this.#open, 0);
  }

  #emit(end: number, keyFrame: boolean): void {
    const start = this.#start;
    if (end - start > this.#limit) throw this.#tooLarge();
    const nalUnits = Uint32Array.from(this.#nals);
    for (let index = 0; index < nalUnits.length; index += 2) nalUnits[index] = (nalUnits[index] as number) - start;
    const data = this.#block.subarray(start, end);
    const { codec } = this;
    this.#units.push(new AccessUnit({ codec, data, nalUnits, keyFrame, sequence: ++this.#count }));
    this.#nals = [];
    this.#start = end;
  }

  #taken(): AccessUnit[] {
    const units = this.#units;
    this.#units = [];
    return units;
  }

  #checkOpen(): void {
    if (this.#closed) throw this.#invalid('the stream has ended or failed already', this.#used);
  }

  #checkLimits(): void {
    if (this.#open === noOpenUnit && this.#used > this.#leadingLimit) {
      throw this.#invalid(`no start code in ${this.#used} bytes: is it Annex B?`, 0);
    }
    if (this.#used - this.#start > this.#limit) throw this.#tooLarge();
  }

  #tooLarge(): FramelaneError {
    const message = `access unit ${this.#count + 1} has more than ${this.#limit} bytes (maxUnitBytes)`;
    return this.#invalid(message, this.#start);
  }

  #invalid(message: string, at: number): FramelaneError {
    const offset = this.#origin + at;
    this.#closed = true;
    return new FramelaneError('NAL_INVALID', `${this.codec} stream, byte ${offset}: ${message}`, { offset });
  }
}

/** Where the first 00 00 01 is: the one before `offset`, unless NAL units without a byte came before it. */
function firstCode(data: Uint8Array, offset: number): number {
  let code = 0;
  while (code < offset - 3 && (data[code] !== 0 || data[code + 1] !== 0 || data[code + 2] !== 1)) code++;
  return code;
}

/** The end of bytes without the zeros there. */
function withoutZeros(data: Uint8Array, begin: number, end: number): number {
  let at = end;
  while (at > begin && data[at - 1] === 0) at--;
  return at;
}
