import type { CopyList } from './copy-list.js';
import type { ReceiveMemory } from './receive-memory.js';

/** NAL units of one access unit; H.264 allows as many slices as there are macroblocks, 36,864 in 4K. */
const mostNalUnits = 65_536;

/** So many NAL units have their offsets in memory of the builder's own; those of more count as the unit's bytes do. */
const ownOffsets = 1024;

const startCodeBytes = 4;
const nothing = new Uint8Array(0);

/** The bytes of a unit that arrived whole. */
export interface BuiltUnit {
  /** The bytes, for NAL codecs Annex B with start codes of 4 bytes. */
  readonly data: Uint8Array;
  /** Pairs of offset and length in bytes of `data`, as `AccessUnit.nalUnits`. */
  readonly nalUnits: Uint32Array;
  /** Gives the memory back. */
  readonly release: () => void;
}

/**
 * Puts an access unit together from pieces of packets. Pieces are not copied one by one: the {@link CopyList} copies those
 * of a batch in one call; start codes and headers are written at once, into places where no copy goes.
 *
 * Memory: a buffer as large as units were of late is taken at the first byte (what a larger one leaves behind fades by a
 * quarter a unit, so that small ones do not lie in large buffers for long); a unit that outgrows it moves to one at
 * least twice as large, until the limit. Units of a steady size are so built without growing and, when they are released,
 * without allocating.
 */
export class UnitBuilder {
  readonly #memory: ReceiveMemory;
  readonly #copies: CopyList;
  readonly #limitBytes: number;
  #data: Uint8Array = nothing;
  /** Bytes that may be used of it: not more than the limit. */
  #room = 0;
  #length = 0;
  /** Offsets of the NAL units, behind their start codes. */
  #nalOffsets: Uint32Array = new Uint32Array(32);
  /** What `#nalOffsets` lies in, when there are many. */
  #offsetMemory: Uint8Array | undefined;
  #nalCount = 0;
  /** Bytes that units had of late. */
  #usualBytes = 0;

  /** `limitBytes` is that of one unit, start codes included. */
  constructor(memory: ReceiveMemory, copies: CopyList, limitBytes: number) {
    this.#memory = memory;
    this.#copies = copies;
    this.#limitBytes = limitBytes;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** NAL units begun so far. */
  get nalUnitCount(): number {
    return this.#nalCount;
  }

  /** Adds bytes of a packet, to be copied later. False: they do not fit the limit. */
  append(from: Uint8Array, offset: number, length: number): boolean {
    const to = this.#length;
    if (to + length > this.#room && !this.#grow(to + length)) return false;
    this.#length = to + length;
    this.#copies.add(from, offset, length, this.#data, to);
    return true;
  }

  /** Adds bytes now. False: they do not fit the limit. */
  write(bytes: Uint8Array): boolean {
    const to = this.#length;
    if (to + bytes.length > this.#room && !this.#grow(to + bytes.length)) return false;
    this.#data.set(bytes, to);
    this.#length = to + bytes.length;
    return true;
  }

  /** Adds one byte now. False: it does not fit the limit. */
  writeByte(value: number): boolean {
    if (this.#length === this.#room && !this.#grow(this.#length + 1)) return false;
    this.#data[this.#length++] = value;
    return true;
  }

  /** Begins a NAL unit: 00 00 00 01. False: it does not fit the limit. */
  beginNal(): boolean {
    const to = this.#length;
    const end = to + startCodeBytes;
    if (end > this.#room && !this.#grow(end)) return false;
    if (this.#nalCount === this.#nalOffsets.length && !this.#growOffsets()) return false;
    const data = this.#data;
    data[to] = 0;
    data[to + 1] = 0;
    data[to + 2] = 0;
    data[to + 3] = 1;
    this.#nalOffsets[this.#nalCount++] = end;
    this.#length = end;
    return true;
  }

  /** The whole unit; the next one begins. */
  finish(): BuiltUnit {
    this.#copies.flush();
    const memory = this.#memory;
    const buffer = this.#data;
    const unit = {
      data: buffer.subarray(0, this.#length),
      nalUnits: this.#nalUnits(),
      release: () => memory.takeBack(buffer),
    };
    if (buffer !== nothing) memory.lend(buffer);
    this.#usualBytes = Math.max(this.#length, this.#usualBytes - (this.#usualBytes >> 2));
    this.#begin();
    return unit;
  }

  /** Throws the unit away. */
  drop(): void {
    if (this.#data === nothing) return;
    this.#copies.forget(this.#data);
    this.#memory.give(this.#data);
    this.#begin();
  }

  #begin(): void {
    this.#data = nothing;
    this.#room = 0;
    this.#length = 0;
    this.#nalCount = 0;
    if (this.#offsetMemory !== undefined) this.#keepOffsets(new Uint32Array(32), undefined);
  }

  #nalUnits(): Uint32Array {
    const pairs = new Uint32Array(2 * this.#nalCount);
    for (let index = 0; index < this.#nalCount; index++) {
      const offset = this.#nalOffsets[index] as number;
      const isLast = index === this.#nalCount - 1;
      const end = isLast ? this.#length : (this.#nalOffsets[index + 1] as number) - startCodeBytes;
      pairs[2 * index] = offset;
      pairs[2 * index + 1] = end - offset;
    }
    return pairs;
  }

  #grow(neededBytes: number): boolean {
    if (neededBytes > this.#limitBytes) return false;
    const wanted = Math.max(neededBytes, 2 * this.#data.length, this.#usualBytes);
    const larger = this.#memory.take(Math.min(wanted, this.#limitBytes), this.#usualBytes > 0);
    if (larger === undefined) return false;
    if (this.#data !== nothing) {
      this.#copies.flush();
      larger.set(this.#data.subarray(0, this.#length));
      this.#memory.give(this.#data);
    }
    this.#data = larger;
    this.#room = Math.min(larger.length, this.#limitBytes);
    return true;
  }

  #growOffsets(): boolean {
    const count = 2 * this.#nalOffsets.length;
    if (count > mostNalUnits) return false;
    const memory = count > ownOffsets ? this.#memory.take(4 * count) : undefined;
    if (memory === undefined && count > ownOffsets) return false;
    const more = memory === undefined ? new Uint32Array(count) : new Uint32Array(memory.buffer, 0, count);
    more.set(this.#nalOffsets);
    this.#keepOffsets(more, memory);
    return true;
  }

  #keepOffsets(offsets: Uint32Array, memory: Uint8Array | undefined): void {
    if (this.#offsetMemory !== undefined) this.#memory.give(this.#offsetMemory);
    this.#offsetMemory = memory;
    this.#nalOffsets = offsets;
  }
}
