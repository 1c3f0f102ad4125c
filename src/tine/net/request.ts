import { FramelaneError } from '../../error.js';
import { readChars, writeChars } from './char-field.js';
import { type Contract, decodeContract, encodeContract } from './contract.js';
import {
  contractBytes,
  maximumMessageBytes,
  requestHeaderBytes,
  subrequestBytes,
  subscriptionHeaderBytes,
  tineProtocol,
} from './protocol.js';

/** One sub-message of a request: subscribe, read once or cancel. */
export interface Subrequest {
  /** Block size of input data, in bytes; means nothing for a read. */
  readonly mtu: number;
  /** Running number of the client's sends. */
  readonly blkid: number;
  readonly numblks: number;
  readonly blknum: number;
  /** Chosen by the client, 1..32767; echoed. */
  readonly id: number;
  /** Base mode and flags: `baseModes`, `modeFlags`. */
  readonly mode: number;
  /** Milliseconds: the period wanted, or the client's time-out for a single read. */
  readonly interval: number;
  /** Chosen by the client, UTC seconds by habit; echoed. */
  readonly starttime: number;
  readonly contract: Contract;
  /** Bytes of the extension string, which this side never sends. */
  readonly extBytes: number;
  /** What follows the contract: extension string and input data. */
  readonly rest: Uint8Array;
}

/** A request: who asks, and one or more sub-messages. */
export interface Request {
  readonly pid: number;
  /** major << 16 | minor << 8 | revision. */
  readonly version: number;
  /** Number of sub-messages as the sender counts them. Real clients miscount: do not trust it. */
  readonly segments: number;
  readonly endianness: number;
  readonly encoding: number;
  readonly user: string;
  readonly userType: string;
  readonly subrequests: readonly Subrequest[];
}

/*
 * Request: outer header, 48 bytes, then sub-messages back to back.
 *
 *     0 u32 totalSize · 4 u32 hdrSize 48 · 8 u32 pid · 12 u32 version · 16 u16 nSegments · 18 u16 protocol 7
 *     20 u16 endianness · 22 u16 encoding · 24 user[16] · 40 userType[8]
 *
 * Sub-message: subscription header, 32 bytes, then the contract, 180, then extSize bytes and input data.
 *
 *     0 u32 msgSize · 4 u32 extSize · 8 u32 mtu · 12 u32 blkid · 16 u16 numblks · 18 u16 blknum
 *     20 i16 id · 22 u16 mode · 24 u32 interval · 28 u32 starttime
 */

function invalid(message: string, offset: number): FramelaneError {
  return new FramelaneError('TINE_PROTOCOL', `TINE request: ${message} at byte ${offset}`, { offset });
}

/** The total size that a request's first 48 bytes announce. Throws `TINE_PROTOCOL` unless it is one of protocol 7. */
export function requestTotal(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, requestHeaderBytes);
  const protocol = view.getUint16(18, true);
  if (protocol !== tineProtocol) throw invalid(`protocol ${protocol}, only ${tineProtocol} is served`, 18);
  const headerSize = view.getUint32(4, true);
  if (headerSize !== requestHeaderBytes) throw invalid(`header of ${headerSize} bytes, not 48`, 4);
  const total = view.getUint32(0, true);
  if (total < requestHeaderBytes + subrequestBytes || total > maximumMessageBytes) {
    throw invalid(`total of ${total} bytes is outside 260..${maximumMessageBytes}`, 0);
  }
  return total;
}

function decodeSubrequest(bytes: Uint8Array, offset: number, size: number): Subrequest {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size);
  return {
    extBytes: view.getUint32(4, true),
    mtu: view.getUint32(8, true),
    blkid: view.getUint32(12, true),
    numblks: view.getUint16(16, true),
    blknum: view.getUint16(18, true),
    id: view.getInt16(20, true),
    mode: view.getUint16(22, true),
    interval: view.getUint32(24, true),
    starttime: view.getUint32(28, true),
    contract: decodeContract(bytes, offset + subscriptionHeaderBytes),
    rest: bytes.subarray(offset + subrequestBytes, offset + size),
  };
}

/** Reads one whole request. Throws `TINE_PROTOCOL` with the byte offset of what is wrong. */
export function decodeRequest(bytes: Uint8Array): Request {
  if (bytes.length < requestHeaderBytes) throw invalid(`only ${bytes.length} bytes`, bytes.length);
  const total = requestTotal(bytes);
  if (total !== bytes.length) throw invalid(`total says ${total}, there are ${bytes.length} bytes`, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const subrequests: Subrequest[] = [];
  for (let at = requestHeaderBytes; at < total; ) {
    const left = total - at;
    const size = left < 4 ? left : view.getUint32(at, true);
    if (size < subrequestBytes || size > left) throw invalid(`sub-message of ${size} bytes, ${left} left`, at);
    subrequests.push(decodeSubrequest(bytes, at, size));
    at += size;
  }
  return {
    pid: view.getUint32(8, true),
    version: view.getUint32(12, true),
    segments: view.getUint16(16, true),
    endianness: view.getUint16(20, true),
    encoding: view.getUint16(22, true),
    user: readChars(bytes, 24, 16),
    userType: readChars(bytes, 40, 8),
    subrequests,
  };
}

function encodeSubrequest(sub: Subrequest, bytes: Uint8Array, offset: number): number {
  const size = subrequestBytes + sub.rest.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size);
  view.setUint32(0, size, true);
  view.setUint32(4, sub.extBytes, true);
  view.setUint32(8, sub.mtu, true);
  view.setUint32(12, sub.blkid, true);
  view.setUint16(16, sub.numblks, true);
  view.setUint16(18, sub.blknum, true);
  view.setInt16(20, sub.id, true);
  view.setUint16(22, sub.mode, true);
  view.setUint32(24, sub.interval, true);
  view.setUint32(28, sub.starttime, true);
  encodeContract(sub.contract, bytes, offset + subscriptionHeaderBytes);
  bytes.set(sub.rest, offset + subscriptionHeaderBytes + contractBytes);
  return size;
}

/** A request as bytes. Throws `BAD_ARGUMENT` for names that are too long. */
export function encodeRequest(request: Request): Uint8Array {
  const sizes = request.subrequests.map((sub) => subrequestBytes + sub.rest.length);
  const total = sizes.reduce((sum, size) => sum + size, requestHeaderBytes);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, total, true);
  view.setUint32(4, requestHeaderBytes, true);
  view.setUint32(8, request.pid, true);
  view.setUint32(12, request.version, true);
  view.setUint16(16, request.segments, true);
  view.setUint16(18, tineProtocol, true);
  view.setUint16(20, request.endianness, true);
  view.setUint16(22, request.encoding, true);
  writeChars(bytes, 24, 16, request.user, 'user');
  writeChars(bytes, 40, 8, request.userType, 'user type');
  let at = requestHeaderBytes;
  for (const sub of request.subrequests) at += encodeSubrequest(sub, bytes, at);
  return bytes;
}
