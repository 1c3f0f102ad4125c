import { type Frame, frameLayout, pixelFormatInfo } from '../frame/index.js';
import { pictureEncodings, textAlignment } from './wire.js';

/** A picture as it goes out: what the header says of it, and its bytes in order. */
export interface Picture {
  /** One of {@link pictureEncodings}. */
  readonly encoding: number;
  /** Pixels across. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Number of the pixel format. */
  readonly format: number;
  /** Every n-th pixel only; 1: all. */
  readonly reduction: number;
  /** Bytes from row to row of up to three planes. */
  readonly strides: [number, number, number];
  /** The bytes, piece after piece. */
  readonly pieces: readonly Uint8Array[];
  /** Length of all pieces. */
  readonly bytes: number;
}

/** How a camera lends its frames' memory to the kernel. */
export interface Lending {
  /** Frames whose memory is being written to sockets now. */
  lent: number;
}

/**
 * Most frames of one camera whose memory sockets may hold at once. A ring must keep such slots from its producer; beyond
 * this many, viewers send copies.
 */
const mostLent = 2;

/** A frame on its way to any number of viewers: released when the last one has it. */
export class SharedFrame {
  /** Names each picture made of it: viewers who want the same get the same. */
  readonly #pictures = new Map<string, Picture>();
  #holders = 1;
  #writers = 0;
  #text: Uint8Array | undefined;

  constructor(
    readonly frame: Frame,
    /** When it was published, or taken by us: ms since 1970. */
    readonly publishedMs: number,
    /** Frames lost before this one. */
    readonly missed: number,
    private readonly lending: Lending,
  ) {}

  /** One more holds it. */
  hold(): this {
    this.#holders++;
    return this;
  }

  /** One fewer. */
  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.frame[Symbol.dispose]();
  }

  /** Whether its memory may be handed to a socket; each true is to be followed by an `endWrite()`. */
  beginWrite(): boolean {
    if (this.#writers === 0 && this.lending.lent >= mostLent) return false;
    if (this.#writers === 0) this.lending.lent++;
    this.#writers++;
    return true;
  }

  /** The kernel has all of it. */
  endWrite(): void {
    this.#writers--;
    if (this.#writers === 0) this.lending.lent--;
  }

  /** What the source says of the frame, as JSON padded for a message. */
  get text(): Uint8Array {
    this.#text ??= paddedJson({ metadata: plainMetadata(this.frame), area: this.frame.area });
    return this.#text;
  }

  /** The frame's own bytes. */
  get raw(): Picture {
    return this.picture('raw', () => rawPicture(this.frame, 1));
  }

  /** The picture of that name, made once. */
  picture(name: string, make: () => Picture): Picture {
    const known = this.#pictures.get(name);
    if (known !== undefined) return known;
    const made = make();
    this.#pictures.set(name, made);
    return made;
  }
}

/** A frame's planes where they lie, without the padding behind the last row. */
export function rawPicture(frame: Frame, reduction: number): Picture {
  const { format, width, height, planes } = frame;
  const layout = frameLayout({ format, width, height, strides: planes.map(({ stride }) => stride) });
  const pieces = layout.planes.map(({ stride, rowBytes, rows }, index) =>
    (planes[index] as { data: Uint8Array }).data.subarray(0, stride * (rows - 1) + rowBytes),
  );
  return {
    encoding: pictureEncodings.raw,
    width,
    height,
    format: pixelFormatInfo(format).code,
    reduction,
    strides: [0, 1, 2].map((plane) => planes[plane]?.stride ?? 0) as [number, number, number],
    pieces,
    bytes: pieces.reduce((sum, { length }) => sum + length, 0),
  };
}

/** Metadata as JSON has it: large integers as text, bytes as hexadecimal. */
function plainMetadata(frame: Frame): Record<string, string | number | boolean> {
  const plain = Object.entries(frame.metadata).map(([key, value]) => {
    if (typeof value === 'bigint') return [key, String(value)];
    return [key, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value];
  });
  return Object.fromEntries(plain);
}

/** JSON text, padded with spaces so that what follows it is aligned. */
export function paddedJson(value: unknown): Uint8Array {
  const text = Buffer.from(JSON.stringify(value));
  const padded = Buffer.alloc(Math.ceil(text.length / textAlignment) * textAlignment, ' ');
  text.copy(padded);
  return padded;
}
