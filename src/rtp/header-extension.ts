import { FramelaneError } from '../error.js';
import type { RtpExtension } from './packet.js';

/** Profiles of RFC 8285: elements with headers of one byte (section 4.2), and of two (4.3; the last 4 bits are the application's). */
const oneByteProfile = 0xbede;
const twoByteProfile = 0x1000;

/** Words of 32 bits that an extension can have: its length has 16 bits. */
const wordLimit = 0xffff;

/** One piece of what a header extension carries. */
export interface ExtensionElement {
  /** Number that the SDP's `extmap` gives a meaning: 1 to 14 in the one-byte form, 1 to 255 in the two-byte form. */
  readonly id: number;
  /** 1 to 16 bytes in the one-byte form, 0 to 255 in the two-byte form. */
  readonly data: Uint8Array;
}

/** How {@link headerExtension} writes. */
export interface HeaderExtensionOptions {
  /**
   * Bytes of an element's header. Default: 1 when all elements fit that form, else 2, which a receiver must have agreed
   * to (`extmap-allow-mixed`).
   */
  readonly form?: 1 | 2;
  /** The application's 4 bits of the two-byte form; default 0. */
  readonly appBits?: number;
}

/**
 * A header extension with these elements, from its profile on, padded to whole words: what `extension` of a packet
 * context takes (RFC 8285). Throws `BAD_ARGUMENT` for elements that the form cannot hold.
 *
 *     one byte (4.2)                          two bytes (4.3)
 *    |     0xBE      |     0xDE      | words |     0x100     |appbits| words
 *    +-+-+-+-+-+-+-+-+                       +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  ID   | len-1 | data                  |       ID      |     length    | data
 *    +-+-+-+-+-+-+-+-+                       +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export function headerExtension(
  elements: readonly ExtensionElement[],
  options: HeaderExtensionOptions = {},
): Uint8Array {
  const { form = elements.every(fitsOneByte) ? 1 : 2, appBits = 0 } = options;
  const bytes = elements.reduce((sum, { data }) => sum + form + data.length, 0);
  const words = Math.ceil(bytes / 4);
  checkElements(elements, form, words, appBits);
  const extension = new Uint8Array(4 + 4 * words);
  const profile = form === 1 ? oneByteProfile : twoByteProfile | appBits;
  extension.set([profile >> 8, profile & 0xff, words >> 8, words & 0xff]);
  let at = 4;
  for (const { id, data } of elements) {
    if (form === 1) extension[at++] = (id << 4) | (data.length - 1);
    else {
      extension[at++] = id;
      extension[at++] = data.length;
    }
    extension.set(data, at);
    at += data.length;
  }
  return extension;
}

function fitsOneByte({ id, data }: ExtensionElement): boolean {
  return id >= 1 && id <= 14 && data.length >= 1 && data.length <= 16;
}

function checkElements(elements: readonly ExtensionElement[], form: 1 | 2, words: number, appBits: number): void {
  for (const element of elements) {
    const { id, data } = element;
    const fits = form === 1 ? fitsOneByte(element) : id >= 1 && id <= 255 && data.length <= 255;
    if (fits && Number.isInteger(id)) continue;
    const limits = form === 1 ? 'id 1..14 and 1..16 bytes' : 'id 1..255 and 0..255 bytes';
    throw new FramelaneError(
      'BAD_ARGUMENT',
      `element ${id} of ${data.length} bytes: a ${form}-byte header extension takes ${limits}`,
    );
  }
  if (words > wordLimit) {
    throw new FramelaneError('BAD_ARGUMENT', `a header extension of ${4 * words} bytes; ${4 * wordLimit} fit`);
  }
  if (!Number.isInteger(appBits) || appBits < 0 || appBits > 15 || (appBits > 0 && form === 1)) {
    throw new FramelaneError('BAD_ARGUMENT', `appBits ${appBits}: 0..15, and only in the two-byte form`);
  }
}

/**
 * The elements of a packet's header extension, as views. An extension of another profile than RFC 8285's has none.
 * Throws `RTP_INVALID` when an element is longer than what is left of the extension.
 */
export function readHeaderExtension({ profile, data }: RtpExtension): ExtensionElement[] {
  if (profile === oneByteProfile) return readElements(data, 1);
  return (profile & 0xfff0) === twoByteProfile ? readElements(data, 2) : [];
}

function readElements(data: Uint8Array, form: 1 | 2): ExtensionElement[] {
  const elements: ExtensionElement[] = [];
  for (let at = 0; at < data.length; ) {
    const first = data[at] as number;
    const id = form === 1 ? first >> 4 : first;
    if (first === 0) {
      at++; // padding
      continue;
    }
    if (form === 1 && (id === 15 || id === 0)) break; // section 4.2: reserved; what stands before it counts
    const length = form === 1 ? (first & 15) + 1 : (data[at + 1] ?? data.length);
    const end = at + form + length;
    if (end > data.length) {
      const message = `element ${id} of a header extension has ${length} bytes at byte ${at} of ${data.length}`;
      throw new FramelaneError('RTP_INVALID', message, { offset: at });
    }
    elements.push({ id, data: data.subarray(at + form, end) });
    at = end;
  }
  return elements;
}

/** The four application bits of an extension in the two-byte form, or undefined when it is not in that form. */
export function appBitsOf({ profile }: RtpExtension): number | undefined {
  return (profile & 0xfff0) === twoByteProfile ? profile & 15 : undefined;
}
