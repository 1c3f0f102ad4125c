import type { Socket } from 'node:net';
import type { FrameReply } from '../tine/net/frame-reply.js';
import { cutIntoBlocks, encodeReplyHeaders, replyHeaderBytes, smallBlockBytes } from '../tine/net/frame-reply.js';
import { RequestReader } from '../tine/net/request-reader.js';
import type { ServedData, ServerPeer } from '../tine/net/subscription.js';

/** Bytes read at once, into one buffer a connection. */
const readBytes = 8 * 1024;
/** Answers that a client has not taken, in bytes; one that asks on without reading is cut off. */
const mostAnswerBytes = 64 * 1024;
/** Blocks below this size are gathered into one piece of memory: thousands of small writes cost more than a copy. */
const gatherBelow = 16 * 1024;

/** What a connection tells its server. */
export interface ConnectionEvents {
  /** A whole request, valid during the call only. Throwing ends the connection. */
  request(message: Uint8Array): void;
  /** The frame at hand is out, or lost with the connection. */
  taken(): void;
  closed(): void;
}

/** A client's TCP or STREAM connection. At most one frame is on its way; whoever sends waits for `taken`. */
export class TineConnection implements ServerPeer {
  readonly key: string;
  busy = false;
  blockBytes = smallBlockBytes;
  /** When the frame at hand was begun, on the clock of `performance.now()`. */
  busySince = 0;
  readonly #events: ConnectionEvents;
  readonly #reader = new RequestReader();
  #answerBytes = 0;
  #sending = false;
  #gathered = new Uint8Array(0);

  constructor(
    readonly transport: 'tcp' | 'stream',
    serial: number,
    private readonly socket: Socket,
    events: ConnectionEvents,
  ) {
    this.key = `${transport} ${serial}`;
    this.#events = events;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => this.#closed());
  }

  #read(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; at += readBytes) {
        this.#reader.push(bytes.subarray(at, at + readBytes), (message) => this.#events.request(message));
      }
    } catch {
      this.destroy();
    }
  }

  #closed(): void {
    this.#taken();
    this.#events.closed();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Sends a small answer. */
  sendMessage(bytes: Uint8Array): void {
    this.#answerBytes += bytes.length;
    if (this.#answerBytes > mostAnswerBytes) {
      this.destroy();
      return;
    }
    this.socket.write(bytes, () => {
      this.#answerBytes -= bytes.length;
    });
  }

  /** Sends a frame, all of its blocks; `taken` follows. The data must not change until then. */
  sendFrame(data: ServedData, reply: FrameReply): void {
    this.#sending = true;
    this.busySince = performance.now();
    const headers = encodeReplyHeaders(data.bytes.length, reply);
    const { count, size } = cutIntoBlocks(data.bytes.length, reply.blockBytes);
    const done = () => this.#taken();
    if (count > 1 && size < gatherBelow) this.socket.write(this.#gather(data.bytes, headers, size), done);
    else this.#writeBlocks(data.bytes, headers, size, done);
  }

  #writeBlocks(bytes: Uint8Array, headers: Uint8Array, size: number, done: () => void): void {
    this.socket.cork();
    for (let index = 0; index * size < bytes.length; index++) {
      this.socket.write(headers.subarray(index * replyHeaderBytes, (index + 1) * replyHeaderBytes));
      const last = (index + 1) * size >= bytes.length;
      this.socket.write(bytes.subarray(index * size, (index + 1) * size), last ? done : undefined);
    }
    this.socket.uncork();
  }

  /** Headers and blocks in the order of the wire, in memory that the connection keeps for its next frame. */
  #gather(bytes: Uint8Array, headers: Uint8Array, size: number): Uint8Array {
    const total = bytes.length + headers.length;
    if (this.#gathered.length < total) this.#gathered = new Uint8Array(total);
    let at = 0;
    for (let index = 0; index * size < bytes.length; index++) {
      this.#gathered.set(headers.subarray(index * replyHeaderBytes, (index + 1) * replyHeaderBytes), at);
      const block = bytes.subarray(index * size, (index + 1) * size);
      this.#gathered.set(block, at + replyHeaderBytes);
      at += replyHeaderBytes + block.length;
    }
    return this.#gathered.subarray(0, total);
  }

  #taken(): void {
    if (!this.#sending) return;
    this.#sending = false;
    this.#events.taken();
  }
}
