/** Packets of a round of sequence numbers. */
export const round = 2 ** 16;

/** The highest index there is: 2^32 rounds (RFC 3711 section 3.3.1). */
export const maxIndex = 2 ** 48 - 1;

/**
 * The index (rollover counter and sequence number, 48 bits) that a packet most likely has, by the highest one that was
 * authenticated (-1: none was): RFC 3711 section 3.3.1 and appendix A. It moves nothing.
 */
export function estimateIndex(highest: number, sequence: number): number {
  if (highest < 0) return sequence;
  const last = highest & 0xffff;
  const begin = highest - last;
  if (last < 0x8000) return sequence - last > 0x8000 && begin > 0 ? begin - round + sequence : begin + sequence;
  return last - 0x8000 > sequence ? begin + round + sequence : begin + sequence;
}
