import { FramelaneError } from '../error.js';

/**
 * A value of a frame's user metadata. Whole numbers within ±2^53 travel as 64-bit integers, other numbers as doubles;
 * a bigint is for integers beyond that.
 */
export type MetadataValue = boolean | number | bigint | string | Uint8Array;

/** User metadata of a frame: small, typed, by name. */
export type Metadata = Readonly<Record<string, MetadataValue>>;

/** No metadata: shared, frozen. */
export const noMetadata: Metadata = Object.freeze({});

/**
 * One entry in bytes (docs/ring-layout.md, "Metadata"):
 *
 *     u8 type · u8 key bytes · u16 value bytes · key (UTF-8) · value
 *
 * type 1 bool (1 byte) · 2 i64 · 3 f64 · 4 UTF-8 text · 5 bytes; all little-endian, no padding between entries.
 */
const typeBool = 1;
const typeInt = 2;
const typeFloat = 3;
const typeText = 4;
const typeBytes = 5;
const entryHeaderBytes = 4;
const maxKeyBytes = 255;
const maxValueBytes = 0xffff;

const loneSurrogate = /\p{Surrogate}/u;
const utf8 = new TextEncoder();
// A byte order mark is a character like any other here.
const utf8Strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function valueBytes(key: string, value: MetadataValue): [type: number, bytes: Uint8Array] {
  const eight = new DataView(new ArrayBuffer(8));
  const asBytes = () => new Uint8Array(eight.buffer);
  switch (typeof value) {
    case 'boolean':
      return [typeBool, Uint8Array.of(value ? 1 : 0)];
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) {
        throw new FramelaneError('BAD_ARGUMENT', `metadata "${key}": ${value} does not fit 64 bits`);
      }
      eight.setBigInt64(0, value, true);
      return [typeInt, asBytes()];
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        eight.setBigInt64(0, BigInt(value), true);
        return [typeInt, asBytes()];
      }
      eight.setFloat64(0, value, true);
      return [typeFloat, asBytes()];
    case 'string':
      return [typeText, textBytes(key, value)];
    default:
      if (value instanceof Uint8Array) return [typeBytes, value];
      throw new FramelaneError(
        'BAD_ARGUMENT',
        `metadata "${key}" is neither boolean, number, bigint, string nor Uint8Array`,
      );
  }
}

/** UTF-8 of a text that every language can hold: no NUL (C ends there), no half of a surrogate pair (no UTF-8). */
function textBytes(key: string, text: string): Uint8Array {
  if (text.includes('\0') || loneSurrogate.test(text)) {
    throw new FramelaneError('BAD_ARGUMENT', `metadata "${key}": text must be Unicode without NUL; use a Uint8Array`);
  }
  return utf8.encode(text);
}

/**
 * Metadata as bytes. `limit` is the room there is; more throws `METADATA_TOO_LARGE`.
 */
export function encodeMetadata(metadata: Metadata, limit: number): Uint8Array {
  const out = new Uint8Array(limit);
  const view = new DataView(out.buffer);
  let offset = 0;
  for (const key of Object.keys(metadata)) {
    const keyBytes = textBytes(key, key);
    const [type, bytes] = valueBytes(key, metadata[key] as MetadataValue);
    if (keyBytes.length === 0 || keyBytes.length > maxKeyBytes) {
      throw new FramelaneError('BAD_ARGUMENT', `metadata key "${key}" must take 1..255 bytes`);
    }
    const end = offset + entryHeaderBytes + keyBytes.length + bytes.length;
    if (end > limit || bytes.length > maxValueBytes) {
      throw new FramelaneError('METADATA_TOO_LARGE', `metadata "${key}" does not fit the ${limit} bytes there are`, {
        limit,
      });
    }
    out[offset] = type;
    out[offset + 1] = keyBytes.length;
    view.setUint16(offset + 2, bytes.length, true);
    out.set(keyBytes, offset + entryHeaderBytes);
    out.set(bytes, offset + entryHeaderBytes + keyBytes.length);
    offset = end;
  }
  return out.subarray(0, offset);
}

function damaged(offset: number, what: string): FramelaneError {
  return new FramelaneError('FRAME_INVALID', `metadata is damaged at byte ${offset}: ${what}`, { offset });
}

function decodeValue(type: number, bytes: Uint8Array, at: number): MetadataValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case typeBool:
      if (bytes.length !== 1) throw damaged(at, 'a bool that is not one byte');
      return bytes[0] !== 0;
    case typeInt: {
      if (bytes.length !== 8) throw damaged(at, 'an integer that is not eight bytes');
      const value = view.getBigInt64(0, true);
      return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case typeFloat:
      if (bytes.length !== 8) throw damaged(at, 'a double that is not eight bytes');
      return view.getFloat64(0, true);
    case typeText:
      return decodeText(bytes, at);
    case typeBytes:
      return bytes.slice();
    default:
      throw damaged(at, `unknown type ${type}`);
  }
}

function decodeText(bytes: Uint8Array, at: number): string {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    throw damaged(at, 'text that is not UTF-8');
  }
}

/** Metadata from bytes. Throws `FRAME_INVALID` with the offset when they are damaged. */
export function decodeMetadata(bytes: Uint8Array): Metadata {
  if (bytes.length === 0) return noMetadata;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const metadata: Record<string, MetadataValue> = Object.create(null) as Record<string, MetadataValue>;
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + entryHeaderBytes > bytes.length) throw damaged(offset, 'an entry is cut off');
    const keyLength = view.getUint8(offset + 1);
    const keyAt = offset + entryHeaderBytes;
    const valueAt = keyAt + keyLength;
    const end = valueAt + view.getUint16(offset + 2, true);
    if (keyLength === 0 || end > bytes.length) throw damaged(offset, 'an entry is cut off');
    const key = decodeText(bytes.subarray(keyAt, valueAt), keyAt);
    metadata[key] = decodeValue(view.getUint8(offset), bytes.subarray(valueAt, end), offset);
    offset = end;
  }
  return metadata;
}
