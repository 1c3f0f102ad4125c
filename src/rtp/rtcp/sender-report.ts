import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { type ReportBlock, readReportBlocks, writeReportBlocks } from './report-block.js';

/**
 * What a sender says of itself, and of those it receives (RFC 3550 section 6.4.1):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|    RC   |   PT=SR=200   |             length            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         SSRC of sender                        |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *     |              NTP timestamp, most significant word             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |             NTP timestamp, least significant word             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         RTP timestamp                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                     sender's packet count                     |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                      sender's octet count                     |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *     |                     RC report blocks, 24 bytes each           |
 *     |                  profile-specific extensions                  |
 */
export interface SenderReport {
  readonly kind: 'senderReport';
  /** The sender. */
  readonly ssrc: number;
  /** The instant on the wall clock: 64-bit NTP timestamp; 0n for a sender that has none. */
  readonly ntpTime: bigint;
  /** The same instant on the RTP clock. */
  readonly timestamp: number;
  /** RTP packets sent so far, modulo 2^32. */
  readonly packets: number;
  /** Bytes of payload sent so far, modulo 2^32; headers and padding do not count. */
  readonly octets: number;
  /** Sources that the sender itself receives. */
  readonly blocks: readonly ReportBlock[];
  /** Profile-specific extensions, whole words. */
  readonly extension?: Uint8Array;
}

/** Reads the body behind the header. */
export function readSenderReport(count: number, reader: BoundedReader): SenderReport {
  return {
    kind: 'senderReport',
    ssrc: reader.u32BE(),
    ntpTime: (BigInt(reader.u32BE()) << 32n) | BigInt(reader.u32BE()),
    timestamp: reader.u32BE(),
    packets: reader.u32BE(),
    octets: reader.u32BE(),
    blocks: readReportBlocks(count, reader),
    ...readExtension(reader),
  };
}

/** Writes the body and returns the header's count. */
export function writeSenderReport(report: SenderReport, writer: BoundedWriter): number {
  const { ssrc, ntpTime, timestamp, packets, octets, blocks, extension } = report;
  writer.u32BE(ssrc);
  writer.u32BE(Number((ntpTime >> 32n) & 0xffff_ffffn)).u32BE(Number(ntpTime & 0xffff_ffffn));
  writer.u32BE(timestamp).u32BE(packets).u32BE(octets);
  const count = writeReportBlocks(blocks, writer);
  if (extension !== undefined) writer.bytes(extension);
  return count;
}

/** What is left behind the report blocks. */
export function readExtension(reader: BoundedReader): { extension?: Uint8Array } {
  return reader.remaining === 0 ? {} : { extension: reader.bytes(reader.remaining).slice() };
}
