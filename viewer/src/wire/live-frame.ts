import {
  type AreaOfInterest,
  Frame,
  frameLayout,
  type Metadata,
  type PixelFormat,
  pixelFormatOfCode,
  type YuvOptions,
} from '../../../src/frame/index.js';
import type { MessageHeader } from '../../../src/view/wire.js';

/** What the server says of a frame beside its pixels. */
export interface FrameText {
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly area?: AreaOfInterest;
  /** Of an encoded key frame: what a decoder is set up with (RFC 6381). */
  readonly codec?: string;
}

/** Where one plane lies in the message's buffer. */
export interface LivePlane {
  /** Bytes from the buffer's start. */
  readonly offset: number;
  /** Bytes from row to row. */
  readonly stride: number;
}

/** A frame as it came, in a buffer of the page's. */
export class LiveFrame {
  readonly format: PixelFormat;
  /** The format that the source gives. */
  readonly sourceFormat: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly planes: readonly LivePlane[];
  readonly bytes: Uint8Array;

  constructor(
    readonly header: MessageHeader,
    readonly text: FrameText,
    /** The message's body: text, then pixels. */
    readonly buffer: ArrayBuffer,
    /** When it had arrived as a whole, ms by the server's clock. */
    readonly arrivedMs: number,
    /** Whether the numbers are the source's own: not after a lossy compression. */
    readonly exact: boolean,
    /** How its YUV is to be read. */
    readonly yuv: YuvOptions = {},
  ) {
    this.format = pixelFormatOfCode(header.format) ?? 'gray8';
    this.sourceFormat = pixelFormatOfCode(header.sourceFormat) ?? this.format;
    this.width = header.width;
    this.height = header.height;
    this.bytes = new Uint8Array(buffer);
    this.planes = planesOf(this.format, header);
  }

  /** When it was captured, or published where that is unknown: ms by the server's clock; 0 unknown. */
  get bornMs(): number {
    const { captureTime, publishedMs } = this.header;
    return captureTime > 0n ? Number(captureTime / 1000n) / 1000 : publishedMs;
  }

  /** Bits that carry something in each sample, where the source says so; otherwise those of the format. */
  get effectiveBits(): number {
    const said = this.text.metadata.effectiveBits;
    const most = this.format.endsWith('16le') ? 16 : 8;
    return typeof said === 'number' && said >= 1 && said <= most ? said : most;
  }

  /** Whether the source says how many bits carry something. */
  get saysBits(): boolean {
    return typeof this.text.metadata.effectiveBits === 'number';
  }

  /** The same as the library's frame, over the same memory. */
  toFrame(): Frame {
    const { format, width, height, header, text } = this;
    const planes = this.planes.map(({ offset, stride }) => ({ data: this.bytes.subarray(offset), stride }));
    const { captureTime, sequence } = header;
    return new Frame({
      ...{ format, width, height, planes, captureTime, sequence },
      metadata: text.metadata as Metadata,
      area: header.reduction === 1 ? text.area : undefined,
    });
  }
}

function planesOf(format: PixelFormat, { width, height, strides, textBytes }: MessageHeader): LivePlane[] {
  const { planes } = frameLayout({ format, width, height });
  let offset = textBytes;
  return planes.map(({ rowBytes, rows }, index) => {
    const stride = strides[index] as number;
    const plane = { offset, stride };
    // On the wire a plane ends with the last pixel of its last row.
    offset += stride * (rows - 1) + rowBytes;
    return plane;
  });
}
