import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';

/**
 * What all feedback messages begin with (RFC 4585 section 6.1):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|   FMT   |  PT=205, 206  |             length            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                  SSRC of packet sender                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                  SSRC of media source                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     :            feedback control information (FCI)                 :
 */
export interface FeedbackSources {
  /** Who gives feedback. */
  readonly ssrc: number;
  /** Whose media it is about; 0 where the messages inside say so. */
  readonly mediaSsrc: number;
}

/** A feedback message of a format that Framelane does not read: its bytes as they came. */
export interface Feedback extends FeedbackSources {
  readonly kind: 'feedback';
  /** 205: about the transport, 206: about the payload. */
  readonly packetType: number;
  /** FMT: 0 to 31, counted for each packet type. */
  readonly format: number;
  /** The feedback control information, whole words. */
  readonly information: Uint8Array;
}

/** Reads the two sources. */
export function readSources(reader: BoundedReader): FeedbackSources {
  return { ssrc: reader.u32BE(), mediaSsrc: reader.u32BE() };
}

/** Writes the two sources. */
export function writeSources({ ssrc, mediaSsrc }: FeedbackSources, writer: BoundedWriter): void {
  writer.u32BE(ssrc).u32BE(mediaSsrc);
}

/** Reads the body behind the header. */
export function readFeedback(packetType: number, format: number, reader: BoundedReader): Feedback {
  const sources = readSources(reader);
  return { kind: 'feedback', packetType, format, ...sources, information: reader.bytes(reader.remaining).slice() };
}

/** Writes the body and returns the header's count, here the format. */
export function writeFeedback(feedback: Feedback, writer: BoundedWriter): number {
  writeSources(feedback, writer);
  writer.bytes(feedback.information);
  return feedback.format;
}
