import { ImageBuffer } from './image-pool.js';
import { maximumMessageBytes, statusBytes } from './protocol.js';
import { type BlockHeader, protocolError } from './response.js';
import { dataPresentBit } from './return-code.js';

/** A frame put together: how many bytes of the buffer it fills, and its last block's header. */
export interface AssembledBody {
  readonly header: BlockHeader;
  /** Bytes of the body, a status string at its end not counted. */
  readonly bytes: number;
  /** The status string that came with the data; empty without one. */
  readonly status: string;
}

const maximumBlocks = 32_767;

/**
 * Puts a frame's blocks together: in any order, each once, into one buffer.
 *
 * A frame is known by (counter, time stamp); id and starttime were matched before. The first block with another key
 * begins another frame and discards an incomplete one. All blocks but the last have one size, so a block's place is
 * known as soon as one of them has come; a last block that comes first waits aside.
 */
export class Reassembly {
  #buffer: ImageBuffer;
  readonly #seen = new Uint8Array(maximumBlocks);
  #key: BlockHeader | undefined;
  #done = false;
  #left = 0;
  #blockBytes = 0;
  #total = 0;

  #current: BlockHeader | undefined;
  #currentAt = 0;
  /** A last block that came before the block size was known; it came in one message, so it is small. */
  readonly #aside = new ImageBuffer(maximumMessageBytes);
  #asideBytes = 0;
  #collectAside = false;

  /** Frames given up because the next one began before all their blocks had come. */
  incomplete = 0;
  /** Bytes of the current frame that have arrived. */
  received = 0;

  constructor(
    buffer: ImageBuffer,
    /** Most bytes a body may have; may grow while in use. */
    public limit: number,
  ) {
    this.#buffer = buffer;
  }

  /** Exchanges the buffer, once a frame is complete; returns the filled one. */
  exchange(buffer: ImageBuffer): ImageBuffer {
    const filled = this.#buffer;
    this.#buffer = buffer;
    return filled;
  }

  /** The buffer being filled. */
  get buffer(): ImageBuffer {
    return this.#buffer;
  }

  /** Whether some blocks of a frame have come, but not all. */
  get partial(): boolean {
    return this.#key !== undefined && !this.#done && this.received > 0;
  }

  /** Forgets the frame at hand: the connection it came over is gone. */
  reset(): void {
    if (this.partial) this.incomplete++;
    this.#key = undefined;
    this.#current = undefined;
    this.#done = false;
    this.received = 0;
    this.#asideBytes = 0;
  }

  /** A block starts; returns whether it is wanted. Throws `TINE_PROTOCOL` when it contradicts its frame. */
  begin(header: BlockHeader, bodyBytes: number): boolean {
    this.#current = undefined;
    if (header.numblks < 1 || header.blknum < 1 || header.blknum > header.numblks) {
      throw protocolError(`block ${header.blknum} of ${header.numblks}`, 8, 'sub-message');
    }
    if (!this.#sameKey(header)) this.#beginFrame(header);
    if (header.numblks !== this.#key?.numblks) throw protocolError('numblks changes within a frame', 8, 'sub-message');
    if (this.#done || bodyBytes === 0 || this.#seen[header.blknum - 1] === 1) return false;
    this.#place(header, bodyBytes);
    this.#current = header;
    return true;
  }

  #sameKey(header: BlockHeader): boolean {
    const key = this.#key;
    return (
      key !== undefined &&
      key.counter === header.counter &&
      key.seconds === header.seconds &&
      key.microseconds === header.microseconds
    );
  }

  #beginFrame(header: BlockHeader): void {
    if (this.partial) this.incomplete++;
    this.#key = header;
    this.#done = false;
    this.#left = header.numblks;
    this.#blockBytes = 0;
    this.#total = 0;
    this.received = 0;
    this.#asideBytes = 0;
    this.#seen.fill(0, 0, header.numblks);
  }

  /** Decides where the block's bytes go: to their place, or aside while the block size is unknown. */
  #place(header: BlockHeader, bodyBytes: number): void {
    const last = header.blknum === header.numblks;
    if (!last && this.#blockBytes === 0) this.#blockBytes = bodyBytes;
    if (!last && this.#blockBytes !== bodyBytes) {
      throw protocolError(`block of ${bodyBytes} bytes among blocks of ${this.#blockBytes}`, 0, 'sub-message');
    }
    this.#collectAside = last && header.numblks > 1 && this.#blockBytes === 0;
    this.#currentAt = this.#collectAside ? 0 : (header.blknum - 1) * this.#blockBytes;
    const end = this.#currentAt + bodyBytes;
    if (end > this.limit || (this.#collectAside && bodyBytes > maximumMessageBytes)) {
      throw protocolError(
        `block ${header.blknum} of ${header.numblks} ends at ${end}, beyond the ${this.limit} bytes there is room for`,
        0,
        'sub-message',
      );
    }
  }

  /** The next bytes of the block. */
  body(bytes: Uint8Array): void {
    if (this.#current === undefined) return;
    this.received += bytes.length;
    (this.#collectAside ? this.#aside : this.#buffer).write(bytes, this.#currentAt);
    this.#currentAt += bytes.length;
  }

  /** The block is complete; returns the frame when it was the last one missing. */
  end(): AssembledBody | undefined {
    const header = this.#current;
    if (header === undefined) return undefined;
    this.#current = undefined;
    this.#seen[header.blknum - 1] = 1;
    this.#left--;
    if (this.#collectAside) this.#asideBytes = this.#currentAt;
    else if (header.blknum === header.numblks) this.#total = this.#currentAt;
    this.#collectAside = false;
    if (this.#left > 0) return undefined;
    this.#placeAside(header);
    this.#done = true;
    return this.#finish(header);
  }

  #placeAside(header: BlockHeader): void {
    if (this.#asideBytes === 0) return;
    const at = (header.numblks - 1) * this.#blockBytes;
    this.#total = at + this.#asideBytes;
    if (this.#total > this.limit) throw protocolError(`frame of ${this.#total} bytes`, 0, 'sub-message');
    this.#buffer.write(this.#aside.bytes.subarray(0, this.#asideBytes), at);
    this.#asideBytes = 0;
  }

  /** Cuts a status string off the end of a body that carries both. */
  #finish(header: BlockHeader): AssembledBody {
    const withStatus = (header.retCode & dataPresentBit) !== 0 && header.statusBytes > 0;
    const cut = withStatus ? Math.min(statusBytes, header.statusBytes, this.#total) : 0;
    const bytes = this.#total - cut;
    const status = cut === 0 ? '' : readText(this.#buffer.bytes.subarray(bytes, this.#total));
    return { header, bytes, status };
  }
}

function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
}
