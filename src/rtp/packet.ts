import { FramelaneError } from '../error.js';

/** Bytes of an RTP header without CSRC list and extension (RFC 3550 section 5.1). */
export const rtpHeaderBytes = 12;

/** What {@link RtpHeader.read} found: 0 when the datagram is an RTP packet, else what is wrong with it. */
export const rtpStatus = { ok: 0, tooShort: 1, badVersion: 2, csrcCut: 3, extensionCut: 4, badPadding: 5 } as const;

/** One of {@link rtpStatus}. */
export type RtpStatus = (typeof rtpStatus)[keyof typeof rtpStatus];

const statusTexts: readonly string[] = [
  'is an RTP packet',
  'is shorter than the 12 bytes of an RTP header',
  'is not of RTP version 2',
  'ends in the list of contributing sources',
  'ends in the header extension',
  'has padding of 0 bytes, or of more than its payload',
];

/** A status in words, to stand behind "the datagram". */
export function rtpStatusText(status: RtpStatus): string {
  return statusTexts[status] as string;
}

/**
 * Where everything is in an RTP packet. One object is made and read into again and again: nothing is allocated a
 * packet, and all is a number. After a status other than 0 the fields mean nothing.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                           timestamp                           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |           synchronization source (SSRC) identifier            |
 *    +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *    |            contributing source (CSRC) identifiers, CC         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  X: defined by profile        |  X: length, 32-bit words      |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  X: header extension          |  payload    | P: 0 ... 0 count|
 *
 * (RFC 3550 sections 5.1 and 5.3.1.)
 */
export class RtpHeader {
  /** 1 on the last packet of an access unit, else 0. */
  marker = 0;
  /** Payload type, 0 to 127. */
  payloadType = 0;
  /** Sequence number, 0 to 65535. */
  sequence = 0;
  // Begun beyond 2^31, so that the engine keeps these two as doubles from the start.
  /** RTP timestamp in ticks of the stream's clock, 0 to 2^32 - 1. */
  timestamp = 0xffff_ffff;
  /** Synchronization source, 0 to 2^32 - 1. */
  ssrc = 0xffff_ffff;
  /** Contributing sources, 0 to 15; four bytes each, from byte 12 of the packet on. */
  csrcCount = 0;
  /** The 16 bits "defined by profile" of the header extension; -1 when there is none. */
  extensionProfile = -1;
  /** Offset of the extension's data, behind its four bytes of profile and length, in the memory read from. */
  extensionOffset = 0;
  /** Bytes of the extension's data. */
  extensionBytes = 0;
  /** Offset of the payload in the memory read from. */
  payloadOffset = 0;
  /** Bytes of the payload, padding left out. */
  payloadBytes = 0;
  /** Bytes of padding behind the payload; 0 when there is none. */
  paddingBytes = 0;

  /** Reads the packet of `length` bytes at `offset` of `bytes`. Says what is wrong instead of throwing. */
  read(bytes: Uint8Array, offset: number, length: number): RtpStatus {
    const status = this.readEncrypted(bytes, offset, length);
    if (status !== rtpStatus.ok || ((bytes[offset] as number) & 0x20) === 0) return status;
    const padding = bytes[offset + length - 1] as number;
    if (padding === 0 || padding > this.payloadBytes) return rtpStatus.badPadding;
    this.paddingBytes = padding;
    this.payloadBytes -= padding;
    return rtpStatus.ok;
  }

  /** As {@link read}, but leaves padding in the payload: SRTP encrypts its count (RFC 3711 section 3.1). */
  readEncrypted(bytes: Uint8Array, offset: number, length: number): RtpStatus {
    if (length < rtpHeaderBytes || offset + length > bytes.length) return rtpStatus.tooShort;
    const first = bytes[offset] as number;
    if (first >> 6 !== 2) return rtpStatus.badVersion;
    const second = bytes[offset + 1] as number;
    this.marker = second >> 7;
    this.payloadType = second & 0x7f;
    this.sequence = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
    this.timestamp = uint32At(bytes, offset + 4);
    this.ssrc = uint32At(bytes, offset + 8);
    this.csrcCount = first & 0x0f;
    let header = rtpHeaderBytes + 4 * this.csrcCount;
    if (header > length) return rtpStatus.csrcCut;
    this.extensionProfile = -1;
    this.extensionBytes = 0;
    if ((first & 0x10) !== 0) {
      if (header + 4 > length) return rtpStatus.extensionCut;
      const at = offset + header;
      this.extensionProfile = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      this.extensionBytes = 4 * (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
      this.extensionOffset = at + 4;
      header += 4 + this.extensionBytes;
      if (header > length) return rtpStatus.extensionCut;
    }
    this.payloadOffset = offset + header;
    this.payloadBytes = length - header;
    this.paddingBytes = 0;
    return rtpStatus.ok;
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** An RTP packet as a view over its datagram, never a copy. For one packet at a time; hot paths use {@link RtpHeader}. */
export class RtpPacket {
  /** The datagram. */
  readonly bytes: Uint8Array;
  readonly #header = new RtpHeader();

  /** Throws `RTP_INVALID` when the datagram is no RTP packet; the message says why. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const status = this.#header.read(bytes, 0, bytes.length);
    if (status === rtpStatus.ok) return;
    throw new FramelaneError('RTP_INVALID', `a datagram of ${bytes.length} bytes ${rtpStatusText(status)}`, {
      length: bytes.length,
    });
  }

  /** Set on the last packet of an access unit. */
  get marker(): boolean {
    return this.#header.marker === 1;
  }

  /** Payload type, 0 to 127. */
  get payloadType(): number {
    return this.#header.payloadType;
  }

  /** Sequence number, 0 to 65535. */
  get sequence(): number {
    return this.#header.sequence;
  }

  /** RTP timestamp in ticks of the stream's clock, 0 to 2^32 - 1. */
  get timestamp(): number {
    return this.#header.timestamp;
  }

  /** Synchronization source, 0 to 2^32 - 1. */
  get ssrc(): number {
    return this.#header.ssrc;
  }

  /** Contributing sources, at most 15. */
  get csrc(): number[] {
    return Array.from({ length: this.#header.csrcCount }, (_, index) =>
      uint32At(this.bytes, rtpHeaderBytes + 4 * index),
    );
  }

  /** The header extension, when there is one: to be read by `readHeaderExtension`. */
  get extension(): RtpExtension | undefined {
    const { extensionProfile: profile, extensionOffset: at, extensionBytes } = this.#header;
    return profile < 0 ? undefined : { profile, data: this.bytes.subarray(at, at + extensionBytes) };
  }

  /** The payload, padding left out. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.#header.payloadOffset, this.#header.payloadOffset + this.#header.payloadBytes);
  }

  /** Bytes of padding behind the payload, its count included. */
  get paddingBytes(): number {
    return this.#header.paddingBytes;
  }
}

/** A header extension as RFC 3550 section 5.3.1 frames it. */
export interface RtpExtension {
  /** The 16 bits "defined by profile": 0xBEDE and 0x1000 to 0x100F say RFC 8285. */
  readonly profile: number;
  /** What follows the length; whole 32-bit words. */
  readonly data: Uint8Array;
}

/** What an RTP packet is made from by {@link rtpPacket}. */
export interface RtpPacketInit {
  /** Payload type, 0 to 127. */
  readonly payloadType: number;
  /** Sequence number; its low 16 bits are taken. */
  readonly sequence: number;
  /** RTP timestamp, modulo 2^32. */
  readonly timestamp: number;
  /** Synchronization source, 0 to 2^32 - 1. */
  readonly ssrc: number;
  /** Whether this is the last packet of an access unit; default false. */
  readonly marker?: boolean;
  /** Contributing sources, at most 15. */
  readonly csrc?: readonly number[];
  /** A header extension, from its profile on, as `headerExtension` writes it. */
  readonly extension?: Uint8Array;
  /** The payload; default none. */
  readonly payload?: Uint8Array;
  /** Bytes of padding, 0 to 255; the last says how many there are. */
  readonly paddingBytes?: number;
}

/** One RTP packet as bytes of its own: for tests and for packets one makes by hand. Streams use `SenderCore`. */
export function rtpPacket(init: RtpPacketInit): Uint8Array {
  const { csrc = [], extension = none, payload = none, paddingBytes = 0 } = init;
  checkInit(init);
  const header = rtpHeaderBytes + 4 * csrc.length + extension.length;
  const packet = new Uint8Array(header + payload.length + paddingBytes);
  writeRtpHeader(packet, 0, init, init.sequence, init.marker === true);
  packet[0] = 0x80 | (paddingBytes > 0 ? 0x20 : 0) | (extension.length > 0 ? 0x10 : 0) | csrc.length;
  csrc.forEach((source, index) => {
    putUint32(packet, rtpHeaderBytes + 4 * index, source);
  });
  packet.set(extension, header - extension.length);
  packet.set(payload, header);
  if (paddingBytes > 0) packet[packet.length - 1] = paddingBytes;
  return packet;
}

const none = new Uint8Array(0);

function checkInit({ payloadType, csrc = [], extension = none, paddingBytes = 0 }: RtpPacketInit): void {
  const wrong = !isWhole(payloadType, 127)
    ? `payload type ${payloadType} is not in 0..127`
    : csrc.length > 15
      ? `${csrc.length} contributing sources; 15 fit`
      : extension.length % 4 !== 0
        ? `a header extension of ${extension.length} bytes is not whole words of 4`
        : !isWhole(paddingBytes, 255)
          ? `padding of ${paddingBytes} bytes is not in 0..255`
          : undefined;
  if (wrong !== undefined) throw new FramelaneError('BAD_ARGUMENT', wrong);
}

const isWhole = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;

/** Writes the twelve bytes that every packet begins with; version 2, no padding, no extension, no CSRC. */
export function writeRtpHeader(
  into: Uint8Array,
  at: number,
  fields: { readonly payloadType: number; readonly timestamp: number; readonly ssrc: number },
  sequence: number,
  marker: boolean,
): void {
  into[at] = 0x80;
  into[at + 1] = (marker ? 0x80 : 0) | fields.payloadType;
  into[at + 2] = sequence >> 8;
  into[at + 3] = sequence;
  putUint32(into, at + 4, fields.timestamp);
  putUint32(into, at + 8, fields.ssrc);
}

function putUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}
