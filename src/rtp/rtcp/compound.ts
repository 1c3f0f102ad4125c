import { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { FramelaneError } from '../../error.js';
import { headerBytes, isRtcp, type RtcpHeader, readRtcpHeaders, rtcpInvalid } from './header.js';
import { packetTypeOf, type RtcpPacket, readBody, writeBody } from './packet.js';

/** How strictly RTCP is read. */
export interface ReadRtcpOptions {
  /**
   * Whether the first packet must be a report, as RFC 3550 section 6.1 wants it. Default false: reduced-size RTCP is
   * read too (RFC 5506).
   */
  readonly compound?: boolean;
}

/**
 * Reads the packets of a datagram. Throws `RTCP_INVALID` with the offset for one that breaks the rules: then no packet
 * of it is to be trusted (RFC 3550 A.2).
 */
export function readRtcp(bytes: Uint8Array, { compound = false }: ReadRtcpOptions = {}): RtcpPacket[] {
  return readRtcpHeaders(bytes, compound).map((header) => readPacket(bytes, header));
}

function readPacket(bytes: Uint8Array, header: RtcpHeader): RtcpPacket {
  const reader = new BoundedReader(bytes.subarray(header.start, header.end), 'the packet');
  try {
    return readBody(header, reader);
  } catch (cause) {
    if (!(cause instanceof FramelaneError)) throw cause;
    const { offset = 0 } = cause.details;
    throw rtcpInvalid({ offset: header.start + offset, reason: `type ${header.packetType}: ${cause.message}` }, cause);
  }
}

/**
 * Packets as one datagram, of at most `maxBytes` bytes. Throws `LIMIT_EXCEEDED` when they do not fit, `BAD_ARGUMENT` for
 * a value that has no room in its field. The order is the caller's: a report first, unless reduced-size RTCP was agreed on.
 */
export function writeRtcp(packets: readonly RtcpPacket[], maxBytes = 1200): Uint8Array {
  const memory = new Uint8Array(maxBytes);
  const writer = new BoundedWriter(memory, 'RTCP');
  for (const packet of packets) {
    const at = writer.offset;
    writer.fill(0, headerBytes);
    const count = writeBody(packet, writer);
    writeHeader(memory, at, writer.offset, count, packetTypeOf(packet));
  }
  return memory.slice(0, writer.offset);
}

/** Fills in the header when the body's length is known. */
function writeHeader(memory: Uint8Array, at: number, end: number, count: number, packetType: number): void {
  const words = (end - at) / 4 - 1;
  if (!Number.isInteger(words) || words > 0xffff) {
    throw new FramelaneError(
      'BAD_ARGUMENT',
      `RTCP packets are whole words, at most 65536; this one has ${end - at} bytes`,
    );
  }
  if (!(count >= 0 && count <= 31) || !isRtcp(packetType)) {
    throw new FramelaneError('BAD_ARGUMENT', `RTCP type ${packetType} with count ${count} cannot be`);
  }
  memory[at] = 0x80 | count;
  memory[at + 1] = packetType;
  memory[at + 2] = words >> 8;
  memory[at + 3] = words;
}
