import { FramelaneError } from '../../error.js';
import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import type { Beginning, PayloadReader } from './depacketizer.js';
import { jpegHeader } from './jpeg-header.js';
import { quantizationTables } from './jpeg-quantization.js';
import { uint16At, uint24At } from './wire.js';

const mainHeaderBytes = 8;
const restartHeaderBytes = 4;
const tableHeaderBytes = 4;
const tablesBytes = 128;

/** Sides that a JPEG file can say. */
const sideLimit = 65_535;

/** Size of the pictures, where it is known from elsewhere. */
export interface JpegReaderOptions {
  /** Pixels across, 1 to 65535. */
  readonly width?: number;
  /** Rows, 1 to 65535. */
  readonly height?: number;
}

/**
 * JPEG payloads (RFC 2435): entropy-coded bytes with their place in the picture, and what the headers of the file have to
 * say. The unit is a JFIF file of them.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    | Type-specific |              Fragment Offset                  |  each packet (3.1)
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |      Type     |       Q       |     Width     |     Height    |  sides in units of 8 pixels
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |       Restart Interval        |F|L|       Restart Count       |  each packet, types 64..127 (3.1.7)
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |      MBZ      |   Precision   |             Length            |  first packet, Q 128..255 (3.1.8),
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  then `Length` bytes of tables
 */
export class JpegReader implements PayloadReader {
  readonly codec = 'jpeg';
  readonly keyFrame = true;
  readonly #width: number;
  readonly #height: number;
  /** By Q of 128 to 254: tables need not come again (section 4.2). */
  readonly #tables = new Map<number, Uint8Array>();
  /** Type, Q, sides and restart interval of the unit's first packet; the others must have the same. */
  #shape = 0;
  #restartInterval = 0;
  /** Bytes of the file's header. */
  #fileHeaderBytes = 0;
  /** The last two bytes of the scan so far. */
  #tail = 0;

  /** Throws `BAD_ARGUMENT` for a size that no JPEG has. */
  constructor({ width = 0, height = 0 }: JpegReaderOptions = {}) {
    for (const side of [width, height]) {
      if (Number.isInteger(side) && side >= 0 && side <= sideLimit) continue;
      throw new FramelaneError('BAD_ARGUMENT', `a JPEG picture of ${width}x${height}: sides are 1 to ${sideLimit}`);
    }
    this.#width = width;
    this.#height = height;
  }

  beginning(bytes: Uint8Array, offset: number, length: number): Beginning {
    return length >= mainHeaderBytes && uint24At(bytes, offset + 1) === 0 ? 'certain' : 'no';
  }

  begin(): void {
    this.#fileHeaderBytes = 0;
  }

  read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    const end = offset + length;
    const hasRestarts = length > mainHeaderBytes && ((bytes[offset + 4] as number) & 0x40) !== 0;
    let at = offset + mainHeaderBytes + (hasRestarts ? restartHeaderBytes : 0);
    if (at >= end) return 'malformed';
    const interval = hasRestarts ? uint16At(bytes, offset + mainHeaderBytes) : 0;
    const shape = (uint16At(bytes, offset + 4) << 16) | uint16At(bytes, offset + 6);
    if (this.#fileHeaderBytes === 0) {
      this.#shape = shape;
      this.#restartInterval = interval;
      const first = this.#begin(bytes, offset, at, end, unit);
      if (typeof first === 'string') return first;
      at = first;
    }
    const isNext = uint24At(bytes, offset + 1) === unit.length - this.#fileHeaderBytes;
    if (!isNext || shape !== this.#shape || interval !== this.#restartInterval) return 'malformed';
    return this.#append(bytes, at, end - at, unit) ? undefined : 'limit';
  }

  note(): void {}

  /** A file ends in FF D9, which senders may leave out. */
  end(unit: UnitBuilder): LossReason | undefined {
    if (this.#tail === 0xffd9) return undefined;
    return unit.writeByte(0xff) && unit.writeByte(0xd9) ? undefined : 'limit';
  }

  nalTypes(): readonly number[] {
    return [];
  }

  #append(bytes: Uint8Array, at: number, length: number, unit: UnitBuilder): boolean {
    const last = length > 0 ? (bytes[at + length - 1] as number) : 0;
    if (length === 1) this.#tail = ((this.#tail & 0xff) << 8) | last;
    else if (length > 1) this.#tail = ((bytes[at + length - 2] as number) << 8) | last;
    return unit.append(bytes, at, length);
  }

  /** Writes the file's header, for which the tables may be at `at`. Returns where the scan begins, or what is wrong. */
  #begin(bytes: Uint8Array, offset: number, at: number, end: number, unit: UnitBuilder): LossReason | number {
    const type = (bytes[offset + 4] as number) & 0x3f;
    const quality = bytes[offset + 5] as number;
    // Types from 128 on are for sessions that agree on them (section 3.1.3).
    if (type > 1 || (bytes[offset + 4] as number) >= 0x80) return 'unsupported';
    const tables = this.#tablesOf(quality, bytes, at, end);
    if (typeof tables === 'string') return tables;
    const width = side((bytes[offset + 6] as number) * 8, this.#width);
    const height = side((bytes[offset + 7] as number) * 8, this.#height);
    if (width === 0 || height === 0) return 'unsupported';
    const restartInterval = this.#restartInterval;
    const header = jpegHeader({ width, height, type: type as 0 | 1, restartInterval, quantization: tables });
    this.#fileHeaderBytes = header.length;
    this.#tail = 0;
    if (!unit.write(header)) return 'limit';
    return quality < 128 ? at : at + tableHeaderBytes + uint16At(bytes, at + 2);
  }

  #tablesOf(quality: number, bytes: Uint8Array, at: number, end: number): Uint8Array | LossReason {
    if (quality < 128) return quality >= 1 && quality <= 99 ? quantizationTables(quality) : 'unsupported';
    if (at + tableHeaderBytes > end) return 'malformed';
    const length = uint16At(bytes, at + 2);
    if (length === 0) return (quality < 255 && this.#tables.get(quality)) || 'malformed';
    const from = at + tableHeaderBytes;
    if (from + length > end || length % 64 !== 0) return 'malformed';
    // Tables of 16 bits are not for the baseline pictures that types 0 and 1 are.
    if (bytes[at + 1] !== 0) return 'unsupported';
    const tables = new Uint8Array(tablesBytes);
    tables.set(bytes.subarray(from, from + Math.min(length, tablesBytes)));
    if (length === 64) tables.copyWithin(64, 0, 64);
    if (quality < 255) this.#tables.set(quality, tables);
    return tables;
  }
}

/** A side as packets say it, 0 when they cannot, or as it is known more exactly. */
function side(told: number, known: number): number {
  return told === 0 || (known > 0 && ((known + 7) & ~7) === told) ? known : told;
}
