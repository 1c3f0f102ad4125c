import { readChars } from './char-field.js';
import type { ImageBuffer } from './image-pool.js';
import { statusBytes, tineFormats } from './protocol.js';
import { type AssembledBody, Reassembly } from './reassembly.js';
import { type BlockHeader, protocolError } from './response.js';
import type { BlockReceiver } from './response-reader.js';
import { dataPresentBit } from './return-code.js';

/** Told of what came for one subscription. */
export interface InboxListener {
  /** The live name of the subscription; undefined while nothing is awaited. */
  awaited(): { readonly id: number; readonly starttime: number } | undefined;
  /** Bytes for the subscription arrived. */
  heard(): void;
  /** A status without data. */
  status(header: BlockHeader, text: string): void;
  /** A whole body; it lies at the start of the reassembly's buffer. */
  body(body: AssembledBody): void;
}

/** Picks one subscription's sub-messages out of what a server sends: statuses are read, blocks put together. */
export class Inbox implements BlockReceiver {
  readonly reassembly: Reassembly;
  #taking: 'nothing' | 'block' | 'status' = 'nothing';
  #header: BlockHeader | undefined;
  readonly #status = new Uint8Array(statusBytes);
  #statusLength = 0;

  constructor(
    buffer: ImageBuffer,
    limit: number,
    private readonly listener: InboxListener,
  ) {
    this.reassembly = new Reassembly(buffer, limit);
  }

  /** Forgets what is half read. */
  reset(): void {
    this.#taking = 'nothing';
    this.reassembly.reset();
  }

  /** A sub-message begins. Throws `TINE_PROTOCOL` when it is for this subscription and cannot be. */
  begin(header: BlockHeader, bodyBytes: number): void {
    this.#taking = 'nothing';
    const awaited = this.listener.awaited();
    if (header.id !== awaited?.id || header.starttime !== awaited.starttime) return;
    this.listener.heard();
    if (header.retCode !== 0 && (header.retCode & dataPresentBit) === 0) {
      this.#taking = 'status';
      this.#header = header;
      this.#statusLength = 0;
    } else if (header.format !== tineFormats.image) {
      throw protocolError(`format ${header.format}, an image is 55`, 16, 'sub-message');
    } else if (this.reassembly.begin(header, bodyBytes)) this.#taking = 'block';
  }

  /** The next bytes of its body. */
  body(bytes: Uint8Array): void {
    if (this.#taking === 'nothing') return;
    this.listener.heard();
    if (this.#taking === 'block') {
      this.reassembly.body(bytes);
      return;
    }
    const piece = bytes.subarray(0, statusBytes - this.#statusLength);
    this.#status.set(piece, this.#statusLength);
    this.#statusLength += piece.length;
  }

  /** The sub-message is complete. */
  end(): void {
    const taking = this.#taking;
    this.#taking = 'nothing';
    if (taking === 'status') {
      this.listener.status(this.#header as BlockHeader, readChars(this.#status, 0, this.#statusLength));
    } else if (taking === 'block') {
      const body = this.reassembly.end();
      if (body !== undefined) this.listener.body(body);
    }
  }
}
