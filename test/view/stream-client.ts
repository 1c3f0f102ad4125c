import { connect, type Socket } from 'node:net';
import {
  type MessageHeader,
  messageHeaderBytes,
  messageKinds,
  readMessageHeader,
  type ViewerNews,
} from '../../src/view/wire.js';

/** A message as it came. */
export interface Message {
  readonly header: MessageHeader;
  readonly text: unknown;
  readonly pixels: Buffer;
}

/** A viewer without a screen: reads messages from a socket, at any speed. */
export class StreamClient {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;
  /** The response's first line and headers. */
  head = '';

  constructor(url: string, query = 'camera=0&acknowledge=no&quality=raw') {
    const { port, hostname, host } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.write(`GET /api/frames?${query} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    this.#socket.on('error', () => this.#end());
    this.#socket.on('end', () => this.#end());
    this.#socket.on('close', () => this.#end());
  }

  /** Whether the server closed the connection. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Reads the next message; undefined at the end. */
  async next(): Promise<Message | undefined> {
    if (this.head === '' && !(await this.#readHead())) return undefined;
    const head = await this.#take(messageHeaderBytes);
    if (head === undefined) return undefined;
    const header = readMessageHeader(new DataView(head.buffer, head.byteOffset, head.length));
    if (header === undefined) throw new Error('that is no message');
    const body = await this.#take(header.bodyBytes);
    if (body === undefined) return undefined;
    const text = JSON.parse(body.subarray(0, header.textBytes).toString());
    return { header, text, pixels: body.subarray(header.textBytes) };
  }

  /** The next frame. */
  async frame(): Promise<Message | undefined> {
    return this.#nextOf(messageKinds.frame);
  }

  /** The next news. */
  async news(): Promise<ViewerNews | undefined> {
    return (await this.#nextOf(messageKinds.news))?.text as ViewerNews | undefined;
  }

  /** Leaves. */
  close(): void {
    this.#socket.destroy();
  }

  async #nextOf(kind: number): Promise<Message | undefined> {
    for (;;) {
      const message = await this.next();
      if (message === undefined || message.header.kind === kind) return message;
    }
  }

  async #readHead(): Promise<boolean> {
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end >= 0) {
        this.head = this.#bytes.subarray(0, end).toString();
        this.#bytes = this.#bytes.subarray(end + 4);
        return true;
      }
      if (!(await this.#more())) return false;
    }
  }

  async #take(bytes: number): Promise<Buffer | undefined> {
    const pieces = [this.#bytes];
    let have = this.#bytes.length;
    while (have < bytes) {
      this.#bytes = Buffer.alloc(0);
      if (!(await this.#more())) return undefined;
      pieces.push(this.#bytes);
      have += this.#bytes.length;
    }
    const all = pieces.length === 1 ? this.#bytes : Buffer.concat(pieces);
    this.#bytes = all.subarray(bytes);
    return Buffer.from(all.subarray(0, bytes));
  }

  /** Adds what has come; waits for it where nothing has. */
  async #more(): Promise<boolean> {
    for (;;) {
      const piece = this.#socket.read() as Buffer | null;
      if (piece !== null) {
        this.#bytes = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece]);
        return true;
      }
      if (this.#ended) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket.once('readable', resolve);
      });
    }
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}
