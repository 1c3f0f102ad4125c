import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { type FeedbackSources, readSources, writeSources } from './feedback.js';

/** FMT of a full intra request among the payload feedback (RFC 5104 section 4.3.1). */
export const fullIntraFormat = 4;

/** One sender that is asked for a key frame. */
export interface FullIntraEntry {
  /** Who is asked. */
  readonly ssrc: number;
  /** 0 to 255, one more for each new request; a repeated request has the number of the first. */
  readonly request: number;
}

/**
 * FIR: whoever is named, please send a key frame (RFC 5104 section 4.3.1). Each entry is:
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                              SSRC                             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   seq. number |                 reserved = 0                  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface FullIntra extends FeedbackSources {
  readonly kind: 'fullIntra';
  /** Those who are asked; {@link FeedbackSources.mediaSsrc} is 0. */
  readonly entries: readonly FullIntraEntry[];
}

/** Reads the body behind the header. */
export function readFullIntra(reader: BoundedReader): FullIntra {
  const sources = readSources(reader);
  const entries: FullIntraEntry[] = [];
  do entries.push({ ssrc: reader.u32BE(), request: reader.u32BE() >>> 24 });
  while (reader.remaining > 0);
  return { kind: 'fullIntra', ...sources, entries };
}

/** Writes the body and returns the header's count, here the format. */
export function writeFullIntra(intra: FullIntra, writer: BoundedWriter): number {
  writeSources(intra, writer);
  for (const { ssrc, request } of intra.entries) writer.u32BE(ssrc).u32BE((request << 24) >>> 0);
  return fullIntraFormat;
}
