/** The 16 bits at an offset, in network order. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** The 24 bits at an offset, in network order. */
export function uint24At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | uint16At(bytes, at + 1);
}
