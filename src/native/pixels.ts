/** Pixels that C++ moves faster than JavaScript can. */
export interface PixelsNative {
  /** Copies 16-bit numbers, exchanging the two bytes of each, as many as both have. They must not overlap. */
  copySwapped16(from: Uint8Array, to: Uint8Array): void;
}
