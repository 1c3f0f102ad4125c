import type { Plane } from '../frame/index.js';

/** Where in a pixel, taken as a number, a component lies. */
export interface BitField {
  /** Bits below it. */
  readonly shift: number;
  /** Bits of it, 1 to 8. */
  readonly bits: number;
}

/** Pixels whose components are parts of bytes. */
export interface PackedPixels {
  /** Bytes a pixel; 0 for one bit a pixel. */
  readonly bytes: 0 | 2 | 3;
  /** Components in the order of the target: red, green, blue, alpha. */
  readonly fields: readonly BitField[];
  /** Alpha is wider than the colours: widened, a colour may exceed it and is cut down to it, as Qt does. */
  readonly clamped?: boolean;
  /** One bit a pixel: whether the first one is a byte's highest bit. */
  readonly highestFirst?: boolean;
}

/** The 8-bit value of each value of a field: its bits again and again from the top, as Qt widens them. */
function widened({ bits }: BitField): Uint8Array {
  return Uint8Array.from({ length: 2 ** bits }, (_, value) => {
    let wide = 0;
    for (let shift = 8 - bits; shift > -bits; shift -= bits) wide |= shift >= 0 ? value << shift : value >> -shift;
    return wide & 255;
  });
}

/** Bytes of a row that carry pixels. */
export function packedRowBytes({ bytes }: PackedPixels, width: number): number {
  return bytes === 0 ? Math.ceil(width / 8) : width * bytes;
}

/** Writes packed pixels as 8-bit components, one after another without padding. */
export function unpackPixels(from: Plane, packed: PackedPixels, width: number, height: number, to: Uint8Array): void {
  if (packed.bytes === 0) unpackBits(from, packed.highestFirst === true, width, height, to);
  else unpackFields(from, packed, width, height, to);
}

function unpackFields(from: Plane, packed: PackedPixels, width: number, height: number, to: Uint8Array): void {
  const parts = packed.fields.map((field) => ({ shift: field.shift, mask: 2 ** field.bits - 1, wide: widened(field) }));
  let write = 0;
  for (let row = 0; row < height; row++) {
    for (let x = 0, at = row * from.stride; x < width; x++, at += packed.bytes) {
      const pixel = pixelAt(from.data, at, packed.bytes);
      for (const { shift, mask, wide } of parts) to[write++] = wide[(pixel >>> shift) & mask] as number;
      if (packed.clamped === true) clampToAlpha(to, write - 4);
    }
  }
}

function clampToAlpha(pixels: Uint8Array, at: number): void {
  const alpha = pixels[at + 3] as number;
  for (let k = at; k < at + 3; k++) if ((pixels[k] as number) > alpha) pixels[k] = alpha;
}

/** Qt has pixels of two bytes in host order, those of three with the highest byte first. */
function pixelAt(data: Uint8Array, at: number, bytes: number): number {
  const [first, second] = [data[at] as number, data[at + 1] as number];
  return bytes === 2 ? first | (second << 8) : (first << 16) | (second << 8) | (data[at + 2] as number);
}

function unpackBits(from: Plane, highestFirst: boolean, width: number, height: number, to: Uint8Array): void {
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width; x++) {
      const byte = from.data[row * from.stride + (x >> 3)] as number;
      const bit = highestFirst ? 7 - (x & 7) : x & 7;
      to[row * width + x] = (byte >> bit) & 1 ? 255 : 0;
    }
  }
}
