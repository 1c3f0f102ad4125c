import { blockHeaderBytes, responseHeaderBytes, tineProtocol } from './protocol.js';
import { type BlockHeader, encodeBlockHeader, encodeResponseHeader } from './response.js';

/** Blocks that make datagrams of 1472 bytes: no fragments on Ethernet. What a client of another make gets. */
export const smallBlockBytes = 1384;

/** Blocks for TCP clients that are known to take them. */
export const largeBlockBytes = 64_000;

/** Bytes in front of each block: outer header and block header. */
export const replyHeaderBytes = responseHeaderBytes + blockHeaderBytes;

const maximumBlocks = 32_767;

/** What the messages of one frame to one subscription say beside its bytes. */
export interface FrameReply {
  /** Name of the server process. */
  readonly fec: string;
  readonly id: number;
  readonly starttime: number;
  readonly counter: number;
  readonly format: number;
  /** The capacity asked for. */
  readonly dataSize: number;
  /** Time stamp of the data. */
  readonly seconds: number;
  readonly microseconds: number;
  /** Largest block in bytes; Infinity for the whole frame in one message. */
  readonly blockBytes: number;
}

/** Blocks into which a frame of so many bytes is cut, and their size. */
export function cutIntoBlocks(bytes: number, blockBytes: number): { count: number; size: number } {
  const size = Math.min(bytes, Math.max(blockBytes, Math.ceil(bytes / maximumBlocks)));
  return { count: Math.max(1, Math.ceil(bytes / size)), size };
}

/**
 * The headers of all messages of one frame, one after another, `replyHeaderBytes` each. Block n of the frame follows
 * header n on the wire; the frame's own bytes stay where they are and are shared by all who get them.
 */
export function encodeReplyHeaders(frameBytes: number, reply: FrameReply): Uint8Array {
  const { count, size } = cutIntoBlocks(frameBytes, reply.blockBytes);
  const headers = new Uint8Array(count * replyHeaderBytes);
  for (let index = 0; index < count; index++) {
    const body = Math.min(size, frameBytes - index * size);
    const at = index * replyHeaderBytes;
    const outer = { total: replyHeaderBytes + body, segments: 1, endianness: 0, encoding: 0, fec: reply.fec };
    encodeResponseHeader(outer, headers, at);
    encodeBlockHeader(blockHeader(reply, index + 1, count, size), body, headers, at + responseHeaderBytes);
  }
  return headers;
}

function blockHeader(reply: FrameReply, blknum: number, numblks: number, mtu: number): BlockHeader {
  return {
    id: reply.id,
    retCode: 0,
    numblks,
    blknum,
    mtu,
    format: reply.format,
    counter: reply.counter,
    protocol: tineProtocol,
    reason: 0x10,
    starttime: reply.starttime,
    statusBytes: 0,
    statusCode: 0,
    seconds: reply.seconds,
    microseconds: reply.microseconds,
    userStamp: 0,
    systemStamp: 0,
    dataSize: reply.dataSize,
    reserved: 0,
  };
}
