import { FramelaneError } from '../../error.js';
import { readChars, writeChars } from './char-field.js';
import { blockHeaderBytes, responseHeaderBytes, statusBytes, tineProtocol } from './protocol.js';

/** A response's outer header. */
export interface ResponseHeader {
  /** Bytes of the whole message, this header included. */
  readonly total: number;
  readonly segments: number;
  readonly endianness: number;
  readonly encoding: number;
  /** Name of the server process; informative. */
  readonly fec: string;
}

/** Header of one sub-message of a response: a block of a frame, or a status. */
export interface BlockHeader {
  /** Echo of the request's. */
  readonly id: number;
  /** 0, a code of `returnCodes`, or such a code with bit 0x4000: data present all the same. */
  readonly retCode: number;
  /** Blocks of the frame, 1..32767. */
  readonly numblks: number;
  /** From 1; 0 in a refusal. */
  readonly blknum: number;
  /** The server's block size; informative. */
  readonly mtu: number;
  readonly format: number;
  /** Frames left in the subscription, counting this one; 0 in a refusal. */
  readonly counter: number;
  readonly protocol: number;
  readonly reason: number;
  /** Echo of the request's. */
  readonly starttime: number;
  /** Bytes of the status string in the body: 192 with an error, otherwise 0. */
  readonly statusBytes: number;
  readonly statusCode: number;
  /** Time stamp of the data, UTC. */
  readonly seconds: number;
  readonly microseconds: number;
  /** 0, or a parameter of the return code. */
  readonly userStamp: number;
  /** 0, or a parameter of the return code. */
  readonly systemStamp: number;
  /** Echo of the capacity. */
  readonly dataSize: number;
  readonly reserved: number;
}

/*
 * Response: outer header, 32 bytes, then sub-messages back to back.
 *
 *     0 u32 protocol 7 · 4 u32 totalSize · 8 u32 hdrSize 32 · 12 u16 nSegments · 14 u8 endianness · 15 u8 encoding
 *     16 FEC[16]
 *
 * Sub-message: header, 56 bytes, then the body (msgSize - 56 bytes).
 *
 *      0 u32 msgSize ·  4 i16 id · 6 i16 retCode · 8 i16 numblks · 10 i16 blknum · 12 u32 mtu
 *     16 i16 format · 18 i16 counter · 20 i16 protocol · 22 i16 reason · 24 u32 starttime
 *     28 i16 stsSize · 30 i16 stsCode · 32 u32 s · 36 u32 us · 40 i32 usrStamp · 44 i32 sysStamp
 *     48 u32 dataSize · 52 u32 0
 */

/** A violation of the protocol by a server, at `offset` bytes from where `where` starts. */
export function protocolError(message: string, offset: number, where: string): FramelaneError {
  return new FramelaneError('TINE_PROTOCOL', `TINE response: ${message}, at byte ${offset} of the ${where}`, {
    offset,
  });
}

/** Reads the first 32 bytes. `base` is their offset in the stream, for errors. Throws `TINE_PROTOCOL`. */
export function decodeResponseHeader(bytes: Uint8Array, limit: number, base = 0, where = 'message'): ResponseHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, responseHeaderBytes);
  const protocol = view.getUint32(0, true);
  if (protocol !== tineProtocol) throw protocolError(`starts with ${protocol}, not the protocol's 7`, base, where);
  const headerSize = view.getUint32(8, true);
  if (headerSize !== responseHeaderBytes) throw protocolError(`header of ${headerSize} bytes`, base + 8, where);
  const total = view.getUint32(4, true);
  if (total < responseHeaderBytes + blockHeaderBytes || total > limit) {
    throw protocolError(`total of ${total} bytes is outside 88..${limit}`, base + 4, where);
  }
  return {
    total,
    segments: view.getUint16(12, true),
    endianness: view.getUint8(14),
    encoding: view.getUint8(15),
    fec: readChars(bytes, 16, 16),
  };
}

/** The `msgSize` of the block header at the start of `bytes`. Throws `TINE_PROTOCOL` unless it is 56..`left`. */
export function blockMessageBytes(bytes: Uint8Array, left: number, base = 0, where = 'message'): number {
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (size < blockHeaderBytes || size > left) {
    throw protocolError(`sub-message of ${size} bytes, ${left} left`, base, where);
  }
  return size;
}

/** Reads the 56 bytes of a block header at the start of `bytes`. */
export function decodeBlockHeader(bytes: Uint8Array): BlockHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, blockHeaderBytes);
  return {
    id: view.getInt16(4, true),
    retCode: view.getInt16(6, true),
    numblks: view.getInt16(8, true),
    blknum: view.getInt16(10, true),
    mtu: view.getUint32(12, true),
    format: view.getInt16(16, true),
    counter: view.getInt16(18, true),
    protocol: view.getInt16(20, true),
    reason: view.getInt16(22, true),
    starttime: view.getUint32(24, true),
    statusBytes: view.getInt16(28, true),
    statusCode: view.getInt16(30, true),
    seconds: view.getUint32(32, true),
    microseconds: view.getUint32(36, true),
    userStamp: view.getInt32(40, true),
    systemStamp: view.getInt32(44, true),
    dataSize: view.getUint32(48, true),
    reserved: view.getUint32(52, true),
  };
}

/** Writes the 32 bytes of an outer header at `offset`. */
export function encodeResponseHeader(header: ResponseHeader, bytes: Uint8Array, offset = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, responseHeaderBytes);
  view.setUint32(0, tineProtocol, true);
  view.setUint32(4, header.total, true);
  view.setUint32(8, responseHeaderBytes, true);
  view.setUint16(12, header.segments, true);
  view.setUint8(14, header.endianness);
  view.setUint8(15, header.encoding);
  writeChars(bytes, offset + 16, 16, header.fec, 'server process');
}

/** Writes the 56 bytes of a block header at `offset`; `bodyBytes` follow it in the message. */
export function encodeBlockHeader(header: BlockHeader, bodyBytes: number, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, blockHeaderBytes);
  view.setUint32(0, blockHeaderBytes + bodyBytes, true);
  view.setInt16(4, header.id, true);
  view.setInt16(6, header.retCode, true);
  view.setInt16(8, header.numblks, true);
  view.setInt16(10, header.blknum, true);
  view.setUint32(12, header.mtu, true);
  view.setInt16(16, header.format, true);
  view.setInt16(18, header.counter, true);
  view.setInt16(20, header.protocol, true);
  view.setInt16(22, header.reason, true);
  view.setUint32(24, header.starttime, true);
  view.setInt16(28, header.statusBytes, true);
  view.setInt16(30, header.statusCode, true);
  view.setUint32(32, header.seconds, true);
  view.setUint32(36, header.microseconds, true);
  view.setInt32(40, header.userStamp, true);
  view.setInt32(44, header.systemStamp, true);
  view.setUint32(48, header.dataSize, true);
  view.setUint32(52, header.reserved, true);
}

/** A message of one sub-message: outer header, block header, body. */
export function encodeResponse(fec: string, header: BlockHeader, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(responseHeaderBytes + blockHeaderBytes + body.length);
  encodeResponseHeader({ total: bytes.length, segments: 1, endianness: 0, encoding: 0, fec }, bytes);
  encodeBlockHeader(header, body.length, bytes, responseHeaderBytes);
  bytes.set(body, responseHeaderBytes + blockHeaderBytes);
  return bytes;
}

/** A status string's 192 bytes. */
export function encodeStatus(text: string): Uint8Array {
  const bytes = new Uint8Array(statusBytes);
  writeChars(bytes, 0, statusBytes, text.slice(0, statusBytes), 'status');
  return bytes;
}
