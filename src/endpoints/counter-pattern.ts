import { FramelaneError } from '../error.js';
import { frameLayout } from '../frame/geometry.js';
import type { FrameSpace } from './source.js';

/**
 * The counter pattern: a frame whose bytes prove its number and that all of it belongs together.
 *
 * Count the frame's bytes plane after plane, row after row, without any padding: byte 0 to byte B - 1.
 *
 *     bytes 0..7          the frame's number, u64 little-endian (only its first B bytes, if B < 8)
 *     bytes B-8..B-1      the number once more, if B >= 16
 *     every other byte i  T[(i + p) mod L], where p = (number mod L) * 7919 mod L
 *
 * L = 65521 (a prime) and T is a fixed table, all arithmetic in 32 bits without sign:
 *
 *     x = k * 0x9E3779B1;  x ^= x >> 15;  x *= 0x85EBCA77;  x ^= x >> 13;  T[k] = x & 255
 *
 * Every frame is a window into one endless sequence, moved on by 7919 bytes: rows of another frame, a shift by a
 * byte or a missing row do not fit. Filling is nothing but block copies; so is checking.
 */
const period = 65_521;
const stepPerFrame = 7919;
const numberBytes = 8;

function makeTable(): Uint8Array {
  const table = new Uint8Array(2 * period);
  for (let k = 0; k < period; k++) {
    let x = Math.imul(k, 0x9e3779b1);
    x ^= x >>> 15;
    x = Math.imul(x, 0x85ebca77);
    x ^= x >>> 13;
    table[k] = table[k + period] = x & 255;
  }
  return table;
}

/** The table twice, so that a whole period can be taken from any phase. */
const table = makeTable();

function phaseOf(number: number): number {
  return ((number % period) * stepPerFrame) % period;
}

/** A stretch of a frame's bytes that lies in one piece: its bytes and how many of the frame come before it. */
type Run = readonly [bytes: Uint8Array, index: number];

type Pixels = Pick<FrameSpace, 'format' | 'width' | 'height' | 'planes'>;

/** The frame's bytes without padding, in as few pieces as its strides allow. */
function* runsOf(frame: Pixels): Generator<Run> {
  let index = 0;
  for (const [number, { rowBytes, rows }] of frameLayout(frame).planes.entries()) {
    const { data, stride } = frame.planes[number] as { data: Uint8Array; stride: number };
    const [pieces, length] = stride === rowBytes ? [1, rowBytes * rows] : [rows, rowBytes];
    for (let piece = 0; piece < pieces; piece++) {
      yield [data.subarray(piece * stride, piece * stride + length), index];
      index += length;
    }
  }
}

function numberAsBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(numberBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number), true);
  return bytes;
}

/** Lays `piece`, which belongs at byte `at` of the frame, over that part of it that the run covers. */
function overlay([bytes, index]: Run, piece: Uint8Array, at: number): void {
  const from = Math.max(at, index);
  const to = Math.min(at + piece.length, index + bytes.length);
  if (from < to) bytes.set(piece.subarray(from - at, to - at), from - index);
}

function frameBytesOf(frame: Pixels): number {
  return frameLayout({ format: frame.format, width: frame.width, height: frame.height }).bytes;
}

/** Fills a frame's space with the pattern of that number (0..2^53 - 1). */
export function fillCounterFrame(space: Pixels, number: number): void {
  const total = frameBytesOf(space);
  const stamp = numberAsBytes(number);
  const phase = phaseOf(number);
  for (const run of runsOf(space)) {
    const [bytes, index] = run;
    const start = (index + phase) % period;
    const pattern = table.subarray(start, start + period);
    for (let at = 0; at < bytes.length; at += period) {
      bytes.set(bytes.length - at < period ? pattern.subarray(0, bytes.length - at) : pattern, at);
    }
    overlay(run, stamp.subarray(0, Math.min(total, numberBytes)), 0);
    if (total >= 2 * numberBytes) overlay(run, stamp, total - numberBytes);
  }
}

/** The number that a frame says it has: its first eight bytes (fewer in a smaller frame). */
export function counterFrameNumber(frame: Pixels): number {
  const stamp = new Uint8Array(numberBytes);
  for (const [bytes, index] of runsOf(frame)) {
    if (index >= numberBytes) break;
    stamp.set(bytes.subarray(0, numberBytes - index), index);
  }
  return Number(new DataView(stamp.buffer).getBigUint64(0, true));
}

/**
 * Checks every byte of a frame of the counter pattern and returns its number. Throws `FRAME_INVALID` with the first
 * byte (counted without padding) that does not belong: a torn, cut, shifted or foreign frame.
 */
export function verifyCounterFrame(frame: Pixels): number {
  const total = frameBytesOf(frame);
  const number = counterFrameNumber(frame);
  if (!Number.isSafeInteger(number)) throw foreign(number, 0);
  const stamp = numberAsBytes(number);
  const phase = phaseOf(number);
  const expected = Buffer.allocUnsafe(period);
  for (const [bytes, index] of runsOf(frame)) {
    for (let at = 0; at < bytes.length; at += period) {
      const length = Math.min(period, bytes.length - at);
      const first = index + at;
      const start = (first + phase) % period;
      let pattern = table.subarray(start, start + length);
      if (first < numberBytes || first + length > total - numberBytes) {
        const stamped: Run = [expected.subarray(0, length), first];
        stamped[0].set(pattern);
        overlay(stamped, stamp.subarray(0, Math.min(total, numberBytes)), 0);
        if (total >= 2 * numberBytes) overlay(stamped, stamp, total - numberBytes);
        pattern = stamped[0];
      }
      const actual = bytes.subarray(at, at + length);
      if (Buffer.compare(actual, pattern) !== 0) throw foreign(number, first + firstDifference(actual, pattern));
    }
  }
  return number;
}

function firstDifference(actual: Uint8Array, expected: Uint8Array): number {
  return actual.findIndex((byte, index) => byte !== expected[index]);
}

function foreign(number: number, offset: number): FramelaneError {
  return new FramelaneError(
    'FRAME_INVALID',
    `not a whole frame of the counter pattern: it says number ${number}, but byte ${offset} does not belong to it`,
    { sequence: number, offset },
  );
}
