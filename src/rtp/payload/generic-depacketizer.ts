import type { LossReason } from '../lost-unit.js';
import type { UnitBuilder } from '../unit-builder.js';
import type { Beginning, PayloadReader } from './depacketizer.js';
import { genericHeaderBytes } from './generic-payloader.js';
import { uint24At } from './wire.js';

/**
 * Payloads of any bytes, as `GenericPayloader` sends them: a header of four bytes, of which the first packet's has the
 * highest bit and tells the bytes of the whole unit, and those of the others are 0.
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |S|      bytes of the whole unit when S (first packet), else 0  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * `bare` payloads have no header; nothing tells then whether a packet is its unit's first.
 */
export class GenericReader implements PayloadReader {
  readonly codec = 'generic';
  readonly keyFrame = true;
  readonly #headerBytes: number;
  /** Bytes that the unit is to have, -1 before its first packet. */
  #promised = -1;

  constructor(bare = false) {
    this.#headerBytes = bare ? 0 : genericHeaderBytes;
  }

  beginning(bytes: Uint8Array, offset: number, length: number): Beginning {
    if (this.#headerBytes === 0) return 'possible';
    return length >= genericHeaderBytes && (bytes[offset] as number) >= 0x80 ? 'certain' : 'no';
  }

  begin(): void {
    this.#promised = -1;
  }

  read(bytes: Uint8Array, offset: number, length: number, unit: UnitBuilder): LossReason | undefined {
    const header = this.#headerBytes;
    if (header > 0) {
      if (length < header) return 'malformed';
      const promised = (((bytes[offset] as number) & 0x7f) << 24) | uint24At(bytes, offset + 1);
      const isFirst = (bytes[offset] as number) >= 0x80;
      if (isFirst !== this.#promised < 0 || isFirst !== promised > 0) return 'malformed';
      if (isFirst) this.#promised = promised;
      if (unit.length + length - header > this.#promised) return 'malformed';
    }
    return unit.append(bytes, offset + header, length - header) ? undefined : 'limit';
  }

  note(): void {}

  end(unit: UnitBuilder): LossReason | undefined {
    return this.#headerBytes === 0 || unit.length === this.#promised ? undefined : 'malformed';
  }

  nalTypes(): readonly number[] {
    return [];
  }
}
