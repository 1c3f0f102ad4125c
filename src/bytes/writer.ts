import { FramelaneError } from '../error.js';

/**
 * Writes numbers and runs of bytes one after another into a stretch of memory and never past its end: what does not fit
 * throws `LIMIT_EXCEEDED` with the offset; a number outside its type throws `BAD_ARGUMENT`. Little-endian unless the name
 * ends in `BE`.
 */
export class BoundedWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #subject: string;
  #offset = 0;

  /** `subject` names the output in errors ("TINE image header"). */
  constructor(bytes: Uint8Array, subject = 'output') {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#subject = subject;
  }

  /** Bytes written so far. */
  get offset(): number {
    return this.#offset;
  }

  /** What was written so far, as a view. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#offset);
  }

  /** An unsigned byte. */
  u8(value: number): this {
    this.#whole(value, 0, 0xff);
    this.#view.setUint8(this.#take(1), value);
    return this;
  }

  /** An unsigned 16-bit number. */
  u16(value: number): this {
    this.#whole(value, 0, 0xffff);
    this.#view.setUint16(this.#take(2), value, true);
    return this;
  }

  /** An unsigned 16-bit number, big-endian. */
  u16BE(value: number): this {
    this.#whole(value, 0, 0xffff);
    this.#view.setUint16(this.#take(2), value, false);
    return this;
  }

  /** A signed 16-bit number. */
  i16(value: number): this {
    this.#whole(value, -0x8000, 0x7fff);
    this.#view.setInt16(this.#take(2), value, true);
    return this;
  }

  /** An unsigned 32-bit number. */
  u32(value: number): this {
    this.#whole(value, 0, 0xffff_ffff);
    this.#view.setUint32(this.#take(4), value, true);
    return this;
  }

  /** An unsigned 32-bit number, big-endian. */
  u32BE(value: number): this {
    this.#whole(value, 0, 0xffff_ffff);
    this.#view.setUint32(this.#take(4), value, false);
    return this;
  }

  /** A signed 32-bit number. */
  i32(value: number): this {
    this.#whole(value, -0x8000_0000, 0x7fff_ffff);
    this.#view.setInt32(this.#take(4), value, true);
    return this;
  }

  /** A 32-bit IEEE 754 number, rounded to the nearest there is. */
  f32(value: number): this {
    this.#view.setFloat32(this.#take(4), value, true);
    return this;
  }

  /** A run of bytes, copied. */
  bytes(source: Uint8Array): this {
    this.#bytes.set(source, this.#take(source.length));
    return this;
  }

  /** The same byte `count` times. */
  fill(byte: number, count: number): this {
    const at = this.#take(count);
    this.#bytes.fill(byte, at, at + count);
    return this;
  }

  /**
   * Latin-1 text in a field of `width` bytes, the rest NUL; a text that fills the field has no NUL behind it. Text that is
   * longer, holds a NUL or a character beyond U+00FF throws `BAD_ARGUMENT`.
   */
  text(value: string, width: number): this {
    if (value.length > width) {
      throw this.#refused(`text "${value}" has ${value.length} characters; ${width} fit`);
    }
    const at = this.#take(width);
    for (let index = 0; index < width; index++) {
      const code = index < value.length ? value.charCodeAt(index) : 0;
      if (code > 0xff || (code === 0 && index < value.length)) {
        throw this.#refused(`text "${value}" holds a character that is not Latin-1, or a NUL`);
      }
      this.#bytes[at + index] = code;
    }
    return this;
  }

  #take(count: number): number {
    const at = this.#offset;
    if (!Number.isInteger(count) || count < 0 || count > this.#bytes.length - at) {
      throw new FramelaneError(
        'LIMIT_EXCEEDED',
        `${this.#subject} has room for ${this.#bytes.length} bytes; ${count} more wanted at byte ${at}`,
        { offset: at, length: this.#bytes.length },
      );
    }
    this.#offset = at + count;
    return at;
  }

  #whole(value: number, least: number, most: number): void {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw this.#refused(`${value} is not a whole number in ${least}..${most}`);
    }
  }

  #refused(what: string): FramelaneError {
    const message = `${this.#subject} at byte ${this.#offset}: ${what}`;
    return new FramelaneError('BAD_ARGUMENT', message, { offset: this.#offset });
  }
}
