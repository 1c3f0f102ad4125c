import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { FramelaneError } from '../../error.js';

/** Bytes of a report block. */
export const reportBlockBytes = 24;

/** Report blocks in one packet: the count has five bits. */
export const maxReportBlocks = 31;

/**
 * How one source was received (RFC 3550 section 6.4.1):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                              SSRC                             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | fraction lost |       cumulative number of packets lost       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |           extended highest sequence number received           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                      interarrival jitter                      |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         last SR (LSR)                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                   delay since last SR (DLSR)                  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ReportBlock {
  /** The source that was received. */
  readonly ssrc: number;
  /** Share of packets lost since the report before, in 1/256. */
  readonly fractionLost: number;
  /** Packets lost since the beginning, -2^23 to 2^23 - 1. */
  readonly cumulativeLost: number;
  /** Highest sequence number; the upper 16 bits count the wraps. */
  readonly highestSequence: number;
  /** Interarrival jitter, in ticks of the source's clock. */
  readonly jitter: number;
  /** The middle 32 bits of the NTP timestamp of the source's last sender report; 0: none came. */
  readonly lastReport: number;
  /** From then until this block was made, in 1/65536 s. */
  readonly delaySinceLastReport: number;
}

/** Reads one block. */
export function readReportBlock(reader: BoundedReader): ReportBlock {
  const ssrc = reader.u32BE();
  const lost = reader.u32BE();
  return {
    ssrc,
    fractionLost: lost >>> 24,
    cumulativeLost: (lost << 8) >> 8,
    highestSequence: reader.u32BE(),
    jitter: reader.u32BE(),
    lastReport: reader.u32BE(),
    delaySinceLastReport: reader.u32BE(),
  };
}

/** Reads so many blocks one after another. */
export function readReportBlocks(count: number, reader: BoundedReader): ReportBlock[] {
  return Array.from({ length: count }, () => readReportBlock(reader));
}

/** Writes blocks and returns how many. Throws `BAD_ARGUMENT` for more than 31. */
export function writeReportBlocks(blocks: readonly ReportBlock[], writer: BoundedWriter): number {
  if (blocks.length > maxReportBlocks) {
    throw new FramelaneError(
      'BAD_ARGUMENT',
      `${blocks.length} report blocks; a packet has room for ${maxReportBlocks}`,
    );
  }
  for (const block of blocks) writeReportBlock(block, writer);
  return blocks.length;
}

function writeReportBlock(block: ReportBlock, writer: BoundedWriter): void {
  const { fractionLost, cumulativeLost } = block;
  if (!(cumulativeLost >= -0x80_0000 && cumulativeLost <= 0x7f_ffff)) {
    throw new FramelaneError('BAD_ARGUMENT', `cumulativeLost ${cumulativeLost} does not fit into 24 bits`);
  }
  writer.u32BE(block.ssrc).u8(fractionLost);
  writer.u8((cumulativeLost >> 16) & 255).u16BE(cumulativeLost & 0xffff);
  writer.u32BE(block.highestSequence).u32BE(block.jitter);
  writer.u32BE(block.lastReport).u32BE(block.delaySinceLastReport);
}
