import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { type ReportBlock, readReportBlocks, writeReportBlocks } from './report-block.js';
import { readExtension } from './sender-report.js';

/**
 * What a participant that sends nothing says of those it receives (RFC 3550 section 6.4.2):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|    RC   |   PT=RR=201   |             length            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                     SSRC of packet sender                     |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *     |                     RC report blocks, 24 bytes each           |
 *     |                  profile-specific extensions                  |
 */
export interface ReceiverReport {
  readonly kind: 'receiverReport';
  /** Who reports. */
  readonly ssrc: number;
  /** Sources that it receives; none: it receives nothing. */
  readonly blocks: readonly ReportBlock[];
  /** Profile-specific extensions, whole words. */
  readonly extension?: Uint8Array;
}

/** Reads the body behind the header. */
export function readReceiverReport(count: number, reader: BoundedReader): ReceiverReport {
  const ssrc = reader.u32BE();
  const blocks = readReportBlocks(count, reader);
  return { kind: 'receiverReport', ssrc, blocks, ...readExtension(reader) };
}

/** Writes the body and returns the header's count. */
export function writeReceiverReport({ ssrc, blocks, extension }: ReceiverReport, writer: BoundedWriter): number {
  writer.u32BE(ssrc);
  const count = writeReportBlocks(blocks, writer);
  if (extension !== undefined) writer.bytes(extension);
  return count;
}
