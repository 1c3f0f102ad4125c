import type { Metadata, MetadataValue } from '../../src/frame/index.js';

/**
 * Metadata as one word of a case file: `key:type:value` with semicolons, `-` for none. Keys, text and bytes are
 * hexadecimal, a float is its 64 bits in hexadecimal (case.h, peer.py).
 */
export function fieldOf(metadata: Metadata): string {
  const entries = Object.entries(metadata).map(([key, value]) => `${hex(Buffer.from(key))}:${textOf(value)}`);
  return entries.join(';') || '-';
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function textOf(value: MetadataValue): string {
  if (typeof value === 'boolean') return `1:${value ? 1 : 0}`;
  if (typeof value === 'string') return `4:${hex(Buffer.from(value))}`;
  if (value instanceof Uint8Array) return `5:${hex(value)}`;
  // Whole numbers travel as integers.
  if (typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))) return `2:${value}`;
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return `3:${hex(bits)}`;
}

function valueFrom(type: string, text: string): MetadataValue {
  const bytes = Buffer.from(text, 'hex');
  switch (type) {
    case '1':
      return text === '1';
    case '2':
      return BigInt(text);
    case '3':
      return bytes.readDoubleBE();
    case '4':
      return bytes.toString();
    default:
      return new Uint8Array(bytes);
  }
}

/** The opposite of {@link fieldOf}. */
export function metadataOf(field: string): Metadata {
  const entries = field === '-' ? [] : field.split(';').map((entry) => entry.split(':') as [string, string, string]);
  return Object.fromEntries(
    entries.map(([key, type, text]) => [Buffer.from(key, 'hex').toString(), valueFrom(type, text)]),
  );
}

/** The byte that belongs at a place of a plane. Every peer has this rule. */
export function pixelByte(seed: number, plane: number, row: number, column: number): number {
  return (seed * 167 + plane * 59 + row * 31 + column * 7 + ((row * column) >> 3)) & 255;
}

/** FNV-1a over the bytes that `byteAt` gives for each place of a plane. */
export function planeSum(rows: number, rowBytes: number, byteAt: (row: number, column: number) => number): number {
  let sum = 0x811c9dc5;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < rowBytes; column++) sum = Math.imul(sum ^ byteAt(row, column), 0x01000193);
  }
  return sum >>> 0;
}
