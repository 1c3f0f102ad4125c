/** Copies 16-bit numbers from one stretch of memory to another, exchanging the two bytes of each. */
export type CopySwapped16 = (from: Uint8Array, to: Uint8Array) => void;

/** What Node's Buffer has and a browser has not: exchange in place, vectorised. */
const nodeSwap = (globalThis as { Buffer?: { prototype: { swap16(): unknown } } }).Buffer?.prototype.swap16;

/**
 * {@link CopySwapped16} without native code: a copy, then an exchange in place. `to` must be as long as `from`, which is
 * an even number of bytes; neither needs to be aligned.
 */
export const copySwapped16: CopySwapped16 = (from, to) => {
  to.set(from);
  if (nodeSwap !== undefined) nodeSwap.call(to);
  else swapInPlace(to);
};

/** The exchange for runtimes without Buffer: two numbers at a time where the memory is aligned for it. */
export function swapInPlace(bytes: Uint8Array): void {
  const pairs = bytes.byteOffset % 4 === 0 ? bytes.length >> 2 : 0;
  const words = new Uint32Array(bytes.buffer, pairs > 0 ? bytes.byteOffset : 0, pairs);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as number;
    words[index] = ((word & 0x00ff_00ff) << 8) | ((word >>> 8) & 0x00ff_00ff);
  }
  for (let at = pairs * 4; at + 1 < bytes.length; at += 2) {
    const first = bytes[at] as number;
    bytes[at] = bytes[at + 1] as number;
    bytes[at + 1] = first;
  }
}
