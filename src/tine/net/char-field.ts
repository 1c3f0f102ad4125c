import { FramelaneError } from '../../error.js';

/** Reads `char[length]` at `offset`: ASCII up to the first NUL; other bytes survive as Latin-1. */
export function readChars(bytes: Uint8Array, offset: number, length: number): string {
  let text = '';
  for (let at = offset; at < offset + length; at++) {
    const code = bytes[at] as number;
    if (code === 0) break;
    text += String.fromCharCode(code);
  }
  return text;
}

/**
 * Writes `char[length]` at `offset`, NUL padded; a text of exactly `length` has no NUL.
 * Throws `BAD_ARGUMENT` when it does not fit or is not Latin-1, naming the field as `what`.
 */
export function writeChars(bytes: Uint8Array, offset: number, length: number, text: string, what: string): void {
  if (text.length > length) {
    throw new FramelaneError('BAD_ARGUMENT', `${what} "${text}" is longer than ${length} characters`);
  }
  bytes.fill(0, offset, offset + length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code > 255) throw new FramelaneError('BAD_ARGUMENT', `${what} must be plain ASCII text`);
    bytes[offset + index] = code;
  }
}
