import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import type { Beginning, PayloadReader } from './depacketizer.js';
import { type RawFormat, type RawLayout, rawLayout } from './raw-format.js';
import { uint16At } from './wire.js';

/** Bytes of the extended sequence number, and of the header of a piece of a line. */
const orderBytes = 2;
const lineHeaderBytes = 6;

/**
 * Payloads of uncompressed video (RFC 4175 section 4.2): after 16 bits of sequence number that are not needed here, a header
 * for each piece of a line, C while another follows, then the pixels of all pieces.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |   Extended Sequence Number    |            Length             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |F|          Line No            |C|           Offset            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The picture is put together in the order of the pieces, so they must come as everybody sends them: left to right, top to
 * bottom, without gaps. The unit is the picture as {@link RawLayout} says. Interlaced video (F) is not supported.
 */
export class RawReader implements PayloadReader {
  readonly codec = 'raw';
  readonly keyFrame = true;
  readonly #layout: RawLayout;

  constructor(format: RawFormat) {
    this.#layout = rawLayout(format);
  }

  beginning(bytes: Uint8Array, offset: number, length: number): Beginning {
    if (length < orderBytes + lineHeaderBytes) return 'no';
    const isOrigin = uint16At(bytes, offset + 4) === 0 && (uint16At(bytes, offset + 6) & 0x7fff) === 0;
    return isOrigin ? 'certain' : 'no';
  }

  begin(): void {}

  read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    const end = offset + length;
    let pixels = 0;
    let at = offset + orderBytes;
    for (let more = true; more; at += lineHeaderBytes) {
      if (at + lineHeaderBytes > end) return 'malformed';
      const fault = this.#piece(bytes, at, unit.length + pixels);
      if (fault !== undefined) return fault;
      pixels += uint16At(bytes, at);
      more = (bytes[at + 4] as number) >= 0x80;
    }
    if (at + pixels !== end) return 'malformed';
    return unit.append(bytes, at, pixels) ? undefined : 'limit';
  }

  note(): void {}

  end(unit: UnitBuilder): LossReason | undefined {
    return unit.length === this.#layout.bytes ? undefined : 'malformed';
  }

  nalTypes(): readonly number[] {
    return [];
  }

  /** What is wrong with a piece, of which the header is at `at`, that is to begin at a byte of the picture. */
  #piece(bytes: Uint8Array, at: number, begin: number): LossReason | undefined {
    const { groupBytes, groupWidth, groupHeight, rowBytes } = this.#layout;
    const length = uint16At(bytes, at);
    const line = uint16At(bytes, at + 2);
    const column = uint16At(bytes, at + 4) & 0x7fff;
    if (line >= 0x8000) return 'unsupported';
    if (length === 0 || length % groupBytes !== 0 || line % groupHeight !== 0 || column % groupWidth !== 0) {
      return 'malformed';
    }
    const inRow = (column / groupWidth) * groupBytes;
    const isNext = (line / groupHeight) * rowBytes + inRow === begin;
    return isNext && inRow + length <= rowBytes && begin + length <= this.#layout.bytes ? undefined : 'malformed';
  }
}
