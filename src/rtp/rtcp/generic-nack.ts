import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { type FeedbackSources, readSources, writeSources } from './feedback.js';

/** FMT of a generic NACK among the transport feedback (RFC 4585 section 6.2). */
export const genericNackFormat = 1;

/**
 * Packets that did not come (RFC 4585 section 6.2.1). Each word names one, and by bits which of the 16 behind it:
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |            PID                |             BLP               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface GenericNack extends FeedbackSources {
  readonly kind: 'genericNack';
  /** Sequence numbers of the missing packets; at most 17 for 4 bytes of the datagram. */
  readonly sequences: readonly number[];
}

/** Reads the body behind the header. */
export function readGenericNack(reader: BoundedReader): GenericNack {
  const sources = readSources(reader);
  const sequences: number[] = [];
  do {
    const first = reader.u16BE();
    sequences.push(first);
    for (let bits = reader.u16BE(), step = 1; bits !== 0; bits >>= 1, step++) {
      if ((bits & 1) !== 0) sequences.push((first + step) & 0xffff);
    }
  } while (reader.remaining > 0);
  return { kind: 'genericNack', ...sources, sequences };
}

/** Writes the body and returns the header's count, here the format. Words are fewest for ascending numbers. */
export function writeGenericNack(nack: GenericNack, writer: BoundedWriter): number {
  writeSources(nack, writer);
  const { sequences } = nack;
  for (let index = 0; index < sequences.length; ) {
    const first = sequences[index++] as number;
    let bits = 0;
    for (; index < sequences.length; index++) {
      const step = ((sequences[index] as number) - first) & 0xffff;
      if (step < 1 || step > 16) break;
      bits |= 1 << (step - 1);
    }
    writer.u16BE(first).u16BE(bits);
  }
  return genericNackFormat;
}
