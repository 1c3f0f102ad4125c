/** Bytes like those of encoded video: as good as random, no three that could be mistaken for a start code. */
function noise(bytes: number): Uint8Array {
  const data = new Uint8Array(bytes);
  let state = 0x2545_f491;
  for (let at = 0; at < bytes; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[at] = state >>> 8;
    // emulation prevention: what 00 00 is followed by is above 03, or 03 itself
    if (at > 1 && (data[at] as number) < 3 && data[at - 1] === 0 && data[at - 2] === 0) data[at] = 3;
  }
  return data;
}

/** So much noise is made; longer streams repeat it. Longer than what a branch predictor learns by heart. */
const noiseBytes = 16 << 20;

/** `bytes` of a stream with a start code of four bytes each `gap` bytes, the first at its first byte. */
export function makeStream(bytes: number, gap: number): Uint8Array {
  const some = noise(Math.min(bytes, noiseBytes));
  const data = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += some.length) data.set(some.subarray(0, Math.min(some.length, bytes - at)), at);
  for (let at = 0; at + 6 <= bytes; at += gap) data.set([0, 0, 0, 1, 0x26, 0xff], at);
  return data;
}

/** What is searched: a name, its bytes and the distance of its start codes. */
export interface Stream {
  readonly name: StreamName;
  readonly bytes: number;
  readonly gap: number;
}

/** Names of {@link streams}. */
export type StreamName = '100KB' | '100KB dense' | '1MB' | '1MB dense' | '754MB';

/** Access units of 4K and 8K video in one slice and in many small ones, and a stream that fits into no cache. */
export const streams: readonly Stream[] = [
  { name: '100KB', bytes: 100_000, gap: 100_000 },
  { name: '100KB dense', bytes: 100_000, gap: 1200 },
  { name: '1MB', bytes: 1_000_000, gap: 1_000_000 },
  { name: '1MB dense', bytes: 1_000_000, gap: 1200 },
  { name: '754MB', bytes: 754_000_000, gap: 1_252_500 }, // 602 start codes
];
