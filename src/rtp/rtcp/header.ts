import { FramelaneError } from '../../error.js';
import { fullIntraFormat } from './full-intra.js';
import { genericNackFormat } from './generic-nack.js';

/** Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1). */
export const rtcpType = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  goodbye: 203,
  application: 204,
  transportFeedback: 205,
  payloadFeedback: 206,
} as const;

/** Bytes of the header that every RTCP packet begins with. */
export const headerBytes = 4;

/** RTCP packets in one compound packet, at most. A datagram of 1500 bytes of the smallest ones has 187. */
export const maxPackets = 256;

/** Whether a datagram on a port that RTP and RTCP share is RTCP, by its second byte (RFC 5761 section 4). */
export function isRtcp(secondByte: number): boolean {
  return secondByte >= 192 && secondByte <= 223;
}

/** What is wrong with a datagram that should be RTCP. */
export interface RtcpFault {
  /** Byte at which it stopped making sense. */
  readonly offset: number;
  /** In words. */
  readonly reason: string;
}

/**
 * The header:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|  count  |  packet type  |  length in words, less one    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface RtcpHeader {
  /** Five bits: blocks, sources, subtype or feedback format, as the type says. */
  readonly count: number;
  /** 192 to 223; those that Framelane reads are in {@link rtcpType}. */
  readonly packetType: number;
  /** Offset of the byte behind the header, in the datagram. */
  readonly start: number;
  /** Offset of the byte behind the body, padding left out. */
  readonly end: number;
  /** Offset of the next packet. */
  readonly next: number;
}

/** Bytes of the packet at an offset, by its length field. */
function lengthAt(bytes: Uint8Array, at: number): number {
  return 4 * ((((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) + 1);
}

/**
 * The checks of RFC 3550 A.2 that need no look into the packets: version, types, lengths that fill the datagram to the
 * byte and have room for what is counted, padding on the last packet only. Costs no error, so that a flood of rubbish is cheap to count. With `compound`,
 * the first packet must be a report; without, reduced-size RTCP is fine too (RFC 5506).
 */
export function findRtcpFault(bytes: Uint8Array, compound = false): RtcpFault | undefined {
  if (bytes.length === 0) return { offset: 0, reason: 'an empty datagram' };
  let packets = 0;
  for (let at = 0; at < bytes.length; at += lengthAt(bytes, at)) {
    const reason = faultAt(bytes, at) ?? (++packets > maxPackets ? `more than ${maxPackets} packets` : undefined);
    if (reason !== undefined) return { offset: at, reason };
  }
  const isReport = bytes[1] === rtcpType.senderReport || bytes[1] === rtcpType.receiverReport;
  if (compound && !isReport) return { offset: 1, reason: 'a compound packet that does not begin with a report' };
}

function faultAt(bytes: Uint8Array, at: number): string | undefined {
  const left = bytes.length - at;
  if (left < headerBytes) return `${left} bytes left over, a header has 4`;
  const [first, packetType] = [bytes[at] as number, bytes[at + 1] as number];
  if (first >> 6 !== 2) return `version ${first >> 6}, not 2`;
  if (!isRtcp(packetType)) return `packet type ${packetType} is not RTCP (192 to 223)`;
  const length = lengthAt(bytes, at);
  if (length > left) return `${length} bytes announced, ${left} are left`;
  const padding = (first & 0x20) === 0 ? 0 : (bytes[bytes.length - 1] as number);
  if ((first & 0x20) !== 0) {
    if (length < left) return 'padding on a packet that is not the last';
    if (padding === 0 || padding % 4 !== 0 || padding > length - headerBytes) return `padding of ${padding} bytes`;
  }
  const [body, least] = [length - headerBytes - padding, leastBody(packetType, first & 31)];
  if (body < least) return `type ${packetType}, count ${first & 31} has ${body} bytes and needs ${least}`;
}

/** Bytes that a packet has behind its header at least. */
function leastBody(packetType: number, count: number): number {
  switch (packetType) {
    case rtcpType.senderReport:
      return 24 + 24 * count;
    case rtcpType.receiverReport:
      return 4 + 24 * count;
    case rtcpType.sourceDescription:
      return 8 * count;
    case rtcpType.goodbye:
      return 4 * count;
    case rtcpType.application:
      return 8;
    case rtcpType.transportFeedback:
      return count === genericNackFormat ? 12 : 8;
    case rtcpType.payloadFeedback:
      return count === fullIntraFormat ? 16 : 8;
    default:
      return 0;
  }
}

/** The headers of a datagram. Throws `RTCP_INVALID` for what {@link findRtcpFault} finds. */
export function readRtcpHeaders(bytes: Uint8Array, compound = false): RtcpHeader[] {
  const fault = findRtcpFault(bytes, compound);
  if (fault !== undefined) throw rtcpInvalid(fault);
  const headers: RtcpHeader[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = at + lengthAt(bytes, at);
    const padding = ((bytes[at] as number) & 0x20) === 0 ? 0 : (bytes[next - 1] as number);
    const [count, packetType] = [(bytes[at] as number) & 31, bytes[at + 1] as number];
    headers.push({ count, packetType, start: at + headerBytes, end: next - padding, next });
    at = next;
  }
  return headers;
}

/** The error for a fault. */
export function rtcpInvalid({ offset, reason }: RtcpFault, cause?: unknown): FramelaneError {
  return new FramelaneError('RTCP_INVALID', `RTCP at byte ${offset}: ${reason}`, { offset }, { cause });
}
