import { blockHeaderBytes, maximumMessageBytes, responseHeaderBytes } from './protocol.js';
import {
  type BlockHeader,
  blockMessageBytes,
  decodeBlockHeader,
  decodeResponseHeader,
  protocolError,
} from './response.js';

/** Told of a response's sub-messages as their bytes arrive. */
export interface BlockReceiver {
  /** A sub-message starts; `bodyBytes` are to follow. */
  begin(header: BlockHeader, bodyBytes: number): void;
  /** The next bytes of its body: valid during the call only. */
  body(bytes: Uint8Array): void;
  /** Its body is complete. */
  end(): void;
}

/**
 * Splits what a server sends into sub-messages. Bodies are handed on piece by piece as they arrive, so nothing is
 * gathered here but headers. Throws `TINE_PROTOCOL`, with the offset from the connection's first byte, at the first
 * byte that cannot be.
 */
export class ResponseReader {
  readonly #header = new Uint8Array(blockHeaderBytes);
  #filled = 0;
  /** Bytes of the message not yet read; 0: an outer header comes next. */
  #messageLeft = 0;
  /** Bytes of the body not yet read; -1: a block header comes next. */
  #bodyLeft = -1;
  #offset = 0;

  constructor(
    private readonly receiver: BlockReceiver,
    /** Largest message taken; may grow while in use. */
    public limit = maximumMessageBytes,
  ) {}

  /** Bytes read since the connection began. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether the bytes so far end inside a message. */
  get insideMessage(): boolean {
    return this.#messageLeft > 0 || this.#filled > 0;
  }

  /** The next bytes of a TCP connection, cut anywhere. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const start = at;
      at = this.#bodyLeft > 0 ? this.#readBody(bytes, at) : this.#readHeader(bytes, at);
      this.#offset += at - start;
      if (this.#bodyLeft === 0) this.#endBody();
    }
  }

  #readBody(bytes: Uint8Array, at: number): number {
    const piece = Math.min(this.#bodyLeft, bytes.length - at);
    this.#bodyLeft -= piece;
    this.#messageLeft -= piece;
    this.receiver.body(bytes.subarray(at, at + piece));
    return at + piece;
  }

  #endBody(): void {
    this.#bodyLeft = -1;
    this.receiver.end();
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    const needed = this.#messageLeft === 0 ? responseHeaderBytes : blockHeaderBytes;
    const piece = Math.min(needed - this.#filled, bytes.length - at);
    this.#header.set(bytes.subarray(at, at + piece), this.#filled);
    this.#filled += piece;
    if (this.#filled === needed) {
      this.#filled = 0;
      this.#takeHeader(this.#offset + piece - needed);
    }
    return at + piece;
  }

  #takeHeader(base: number): void {
    if (this.#messageLeft === 0) {
      const { total } = decodeResponseHeader(this.#header, this.limit, base, 'connection');
      this.#messageLeft = total - responseHeaderBytes;
      return;
    }
    const size = blockMessageBytes(this.#header, this.#messageLeft, base, 'connection');
    const left = this.#messageLeft - size;
    if (left > 0 && left < blockHeaderBytes) {
      throw protocolError(`${left} bytes after the last sub-message`, base + size, 'connection');
    }
    this.#messageLeft -= blockHeaderBytes;
    this.#bodyLeft = size - blockHeaderBytes;
    this.receiver.begin(decodeBlockHeader(this.#header), this.#bodyLeft);
  }
}

/** One datagram: a whole message, checked as a whole before anything is handed on. Throws `TINE_PROTOCOL`. */
export function readDatagram(bytes: Uint8Array, receiver: BlockReceiver): void {
  if (bytes.length < responseHeaderBytes + blockHeaderBytes) {
    throw protocolError(`only ${bytes.length} bytes`, bytes.length, 'datagram');
  }
  const { total } = decodeResponseHeader(bytes, maximumMessageBytes, 0, 'datagram');
  if (total !== bytes.length) throw protocolError(`total says ${total} of ${bytes.length}`, 4, 'datagram');
  for (const at of blockOffsets(bytes)) {
    const size = blockMessageBytes(bytes.subarray(at), total - at, at, 'datagram');
    receiver.begin(decodeBlockHeader(bytes.subarray(at)), size - blockHeaderBytes);
    if (size > blockHeaderBytes) receiver.body(bytes.subarray(at + blockHeaderBytes, at + size));
    receiver.end();
  }
}

function blockOffsets(bytes: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let at = responseHeaderBytes; at < bytes.length; ) {
    const left = bytes.length - at;
    if (left < blockHeaderBytes) throw protocolError(`${left} bytes after the last sub-message`, at, 'datagram');
    offsets.push(at);
    at += blockMessageBytes(bytes.subarray(at), left, at, 'datagram');
  }
  return offsets;
}
