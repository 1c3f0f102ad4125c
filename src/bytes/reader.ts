import { FramelaneError } from '../error.js';

/**
 * Reads numbers and runs of bytes one after another from a stretch of memory and never past its end: a read that does
 * not fit throws `TRUNCATED` with the offset at which it was tried. Little-endian unless the name ends in `BE`.
 */
export class BoundedReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #subject: string;
  #offset: number;

  /** `subject` names the input in errors ("TINE image"); `offset` is where reading starts, in bytes. */
  constructor(bytes: Uint8Array, subject = 'input', offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#subject = subject;
    this.#offset = 0;
    this.seek(offset);
  }

  /** Bytes from the start of the input to the next read. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Goes to a byte offset, at most the end of the input. */
  seek(offset: number): void {
    if (!Number.isInteger(offset) || offset < 0 || offset > this.#bytes.length) {
      throw this.#cut(offset, 'a position');
    }
    this.#offset = offset;
  }

  /** Passes over bytes. */
  skip(count: number): void {
    this.#take(count);
  }

  /** An unsigned byte. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** An unsigned 16-bit number. */
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  /** An unsigned 16-bit number, big-endian. */
  u16BE(): number {
    return this.#view.getUint16(this.#take(2), false);
  }

  /** A signed 16-bit number. */
  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  /** An unsigned 32-bit number. */
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** An unsigned 32-bit number, big-endian. */
  u32BE(): number {
    return this.#view.getUint32(this.#take(4), false);
  }

  /** A signed 32-bit number. */
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A 32-bit IEEE 754 number. */
  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  /** The next bytes as a view, not a copy. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** The next `count` bytes as text up to the first NUL; each byte is one Latin-1 character. */
  text(count: number): string {
    return latin1(this.bytes(count));
  }

  #take(count: number): number {
    const at = this.#offset;
    if (!Number.isInteger(count) || count < 0 || count > this.#bytes.length - at) throw this.#cut(at, `${count} bytes`);
    this.#offset = at + count;
    return at;
  }

  #cut(offset: number, wanted: string): FramelaneError {
    return new FramelaneError(
      'TRUNCATED',
      `${this.#subject} ends at byte ${this.#bytes.length}; ${wanted} wanted at byte ${offset}`,
      { offset, length: this.#bytes.length },
    );
  }
}

/** Text up to the first NUL, or all of it when there is none; each byte is one Latin-1 character. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
