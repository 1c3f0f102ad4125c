/**
 * Where the NAL units of a byte stream are: H.264, H.265 and H.266, Annex B. A start code is 00 00 01; zeros before it
 * are its fourth byte (zero_byte) or trailing_zero_8bits of the unit before: they belong to no NAL unit, for none ends in
 * a zero byte.
 */
import { FramelaneError } from '../error.js';

/** Says to a {@link NalScanner} that no NAL unit is open where it begins. */
export const noOpenUnit = -1;

/** Most bytes that are searched at a time: offsets have 32 bits. */
export const maxScanBytes = 2 ** 32 - 1;

/**
 * Finds the NAL units of Annex B bytes in one call. Writes a pair `into` for each, its offset and length in bytes of
 * `data` without start code, and returns how many.
 *
 * - `from` is where the search begins. What stands before the first start code is no NAL unit, unless `open` says so: the
 *   offset, at most `from`, of the unit that `from` lies in. Otherwise `open` is {@link noOpenUnit}.
 * - Empty units (a start code behind another) are left out, trailing zeros belong to no unit.
 * - A unit that reaches the end of `data` is still open: it keeps its zeros and may be empty.
 * - Without a start code and an open unit the result is 0.
 * - `into` full: go on with `open` at the last unit's offset and `from` at its end; that unit is found again, so `into`
 *   has room for two. More than {@link maxScanBytes} bytes, or offsets that do not fit together, throw `BAD_ARGUMENT`.
 *
 * For a stream in pieces keep the bytes from the open unit on, append the next piece, and go on with `open` at that unit
 * and `from` at `max(open, bytes before - 2)`: the piece may complete a start code. Every byte is searched once.
 */
export type NalScanner = (data: Uint8Array, into: Uint32Array, from: number, open: number) => number;

/** Throws `BAD_ARGUMENT` unless a {@link NalScanner} can do that. */
export function checkScan(data: Uint8Array, into: Uint32Array, from: number, open: number): void {
  if (data.length <= maxScanBytes && into.length >= 4 && from >= 0 && from <= data.length && open <= from) return;
  throw new FramelaneError(
    'BAD_ARGUMENT',
    `NAL units of ${data.length} bytes (at most ${maxScanBytes}) from ${from}, open ${open}, into ${into.length} words ` +
      '(at least 4): from must lie in the data, and the open unit before it',
  );
}

/** {@link NalScanner} without native code. */
export const scanNalUnits: NalScanner = (data, into, from, open) => {
  checkScan(data, into, from, open);
  const room = into.length & ~1;
  let words = 0;
  let begin = open;
  for (let start = startCode(data, from); start < data.length; start = startCode(data, begin)) {
    const end = withoutZeros(data, begin, start);
    if (begin >= 0 && end > begin) words = put(into, words, begin, end);
    if (words === room) return words >> 1;
    begin = start + 3;
  }
  if (begin >= 0) words = put(into, words, begin, data.length);
  return words >> 1;
};

function put(into: Uint32Array, at: number, begin: number, end: number): number {
  into[at] = begin;
  into[at + 1] = end - begin;
  return at + 2;
}

/**
 * Where the next 00 00 01 begins, or the end of the data. A byte above 1 is in no start code, so that the next one that
 * can end a start code is three further; three such steps at a time are what compilers of JavaScript make fast.
 */
function startCode(data: Uint8Array, from: number): number {
  const size = data.length;
  let third = from + 2;
  while (third < size) {
    while (third + 6 < size && above1(data, third) && above1(data, third + 3) && above1(data, third + 6)) third += 9;
    const byte = data[third] as number;
    if (byte === 1 && data[third - 1] === 0 && data[third - 2] === 0) return third - 2;
    third += byte === 0 ? 1 : 3;
  }
  return size;
}

const above1 = (data: Uint8Array, at: number) => (data[at] as number) > 1;

/** The end of bytes without the zeros there. */
function withoutZeros(data: Uint8Array, begin: number, end: number): number {
  let at = end;
  while (at > begin && data[at - 1] === 0) at--;
  return at;
}

/**
 * The NAL units of whole Annex B bytes: pairs of offset and length go `into`, none empty, without start codes and
 * trailing zeros. Returns how many; when that is all that `into` has room for (at least two pairs), there may be more:
 * go on with `from` at the end of the last. `scan` is the scanner to use: `nalScanner()` of `framelane/net` gives the
 * machine's fastest.
 */
export function findNalUnits(data: Uint8Array, into: Uint32Array, scan: NalScanner = scanNalUnits, from = 0): number {
  const count = scan(data, into, from, noOpenUnit);
  if (count === 0) return 0;
  const last = 2 * count - 2;
  const begin = into[last] as number;
  const end = withoutZeros(data, begin, begin + (into[last + 1] as number));
  into[last + 1] = end - begin;
  return end > begin ? count : count - 1;
}

/** {@link findNalUnits} with an array of its own, as `AccessUnit` takes it: two words a unit. */
export function nalUnitsOf(data: Uint8Array, scan: NalScanner = scanNalUnits): Uint32Array {
  const first = findNalUnits(data, pairs, scan);
  if (2 * first < pairs.length) return pairs.slice(0, 2 * first);
  const parts: number[] = [];
  for (let count = first; count > 0; count = findNalUnits(data, pairs, scan, endOf(pairs, count))) {
    for (const word of pairs.subarray(0, 2 * count)) parts.push(word);
  }
  return Uint32Array.from(parts);
}

const endOf = (units: Uint32Array, count: number) =>
  (units[2 * count - 2] as number) + (units[2 * count - 1] as number);

/** Room for the units of all but the strangest pictures, used again by each call of {@link nalUnitsOf}. */
const pairs = new Uint32Array(2 * 1024);
