const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** What each ASCII character stands for; 255 is none. */
const sextets = new Uint8Array(128).fill(255);
for (let value = 0; value < 64; value++) sextets[alphabet.charCodeAt(value)] = value;

/** Bytes as base64 text with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const characters = Math.min(4, bytes.length - at + 1);
    for (let index = 0; index < characters; index++) text += alphabet.charAt((group >> (18 - 6 * index)) & 63);
    text += '='.repeat(4 - characters);
  }
  return text;
}

/**
 * The bytes that a base64 text stands for, padding optional; undefined when it holds anything else, or ends in the
 * middle of a byte.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  if (end % 4 === 1 || (end < text.length && text.length % 4 !== 0)) return undefined;
  const bytes = new Uint8Array((end * 3) >> 2);
  let bits = 0;
  let at = 0;
  for (let index = 0; index < end; index++) {
    const sextet = sextets[text.charCodeAt(index)] ?? 255;
    if (sextet === 255) return undefined;
    bits = ((bits << 6) | sextet) & 0xff_ffff;
    if (index % 4 !== 0) bytes[at++] = bits >> (6 - 2 * (index % 4));
  }
  return bytes;
}
