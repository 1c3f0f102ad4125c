import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { FramelaneError } from '../../error.js';
import { readText, writeText } from './text.js';

/**
 * Sources that leave (RFC 3550 section 6.6):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|    SC   |   PT=BYE=203  |             length            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           SC SSRC/CSRC                        |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *     |     length    |               reason for leaving            ... (optional)
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface Goodbye {
  readonly kind: 'goodbye';
  /** Those who leave, at most 31. */
  readonly sources: readonly number[];
  /** Why, at most 255 bytes in UTF-8; empty when not said. */
  readonly reason: string;
}

/** Reads the body behind the header. */
export function readGoodbye(count: number, reader: BoundedReader): Goodbye {
  const sources = Array.from({ length: count }, () => reader.u32BE());
  return { kind: 'goodbye', sources, reason: reader.remaining > 0 ? readText(reader) : '' };
}

/** Writes the body and returns the header's count. `writer` must stand at a whole word. */
export function writeGoodbye({ sources, reason }: Goodbye, writer: BoundedWriter): number {
  if (sources.length > 31) throw new FramelaneError('BAD_ARGUMENT', `BYE of ${sources.length} sources; 31 fit`);
  for (const source of sources) writer.u32BE(source);
  if (reason !== '') writeText(reason, writer);
  writer.fill(0, -writer.offset & 3);
  return sources.length;
}
