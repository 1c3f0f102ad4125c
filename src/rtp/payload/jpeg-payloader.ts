import { FramelaneError } from '../../error.js';
import type { SendPlan } from '../send-plan.js';
import { HeaderWriter } from './header-writer.js';
import { type JpegPicture, quantizationTableBytes, readJpegPicture } from './jpeg-picture.js';
import type { PacketContext, Payloader, UnitBytes } from './payloader.js';

const mainHeaderBytes = 8;
const restartHeaderBytes = 4;
const tableHeaderBytes = 4 + 2 * quantizationTableBytes;

/** Width and height have 8 bits each, in units of 8 pixels (RFC 2435 section 3.1.5). */
const sideLimit = 2040;

/** A fragment offset has 24 bits. */
const scanLimit = 0xff_ffff;

/** Q of pictures that bring their quantization tables along, which may differ from picture to picture (section 4.2). */
const tablesInPicture = 255;

/** How JPEG pictures are to be sent. */
export interface JpegPayloaderOptions {
  /**
   * Pixels across of all pictures, when the SDP says their size (`a=framesize`, `a=x-dimensions`). Packets of pictures with
   * a side over 2040 then have width and height 0: GStreamer and Framelane look into the SDP, ffmpeg does not. Without it
   * such pictures are `UNSUPPORTED`.
   */
  readonly width?: number;
  /** Rows, as {@link width}. */
  readonly height?: number;
}

/**
 * JPEG on RTP (RFC 2435): the entropy-coded bytes, with a header that says what the receiver needs to make a file of
 * them again. Sides that are no multiple of 8 are rounded up, as everybody does: the blocks hold those pixels anyway.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    | Type-specific |              Fragment Offset                  |  each packet (3.1)
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |      Type     |       Q       |     Width     |     Height    |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |       Restart Interval        |F|L|       Restart Count       |  each packet, types 64 and 65 (3.1.7)
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |      MBZ      |   Precision   |         Length = 128          |  first packet (3.1.8)
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  quantization table for Y, 64 bytes, then for Cb and Cr, 64   |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export class JpegPayloader implements Payloader {
  readonly codec = 'jpeg';
  readonly #width: number | undefined;
  readonly #height: number | undefined;
  readonly #writer = new HeaderWriter();

  constructor({ width, height }: JpegPayloaderOptions = {}) {
    this.#width = width;
    this.#height = height;
  }

  packetize({ data }: UnitBytes, context: PacketContext, plan: SendPlan): void {
    this.#writer.begin(context, plan, data.length, mainHeaderBytes + restartHeaderBytes + tableHeaderBytes + 1);
    const picture = readJpegPicture(data);
    this.#check(picture);
    for (let sent = 0; sent < picture.scanBytes; ) sent += this.#packet(data, picture, sent, plan);
  }

  #check({ width, height, scanBytes }: JpegPicture): void {
    const isKnown = this.#width !== undefined && this.#height !== undefined;
    if (isKnown && (width !== this.#width || height !== this.#height)) {
      const message = `a JPEG picture of ${width}x${height}; the SDP says ${this.#width}x${this.#height}`;
      throw new FramelaneError('FRAME_INVALID', message, { width, height });
    }
    if (!isKnown && (width > sideLimit || height > sideLimit)) {
      const message =
        `a JPEG picture of ${width}x${height}: packets can say ${sideLimit} at most. Tell the payloader width and height, ` +
        'for the SDP, send smaller pictures, or send H.264 or H.265';
      throw new FramelaneError('UNSUPPORTED', message, { width, height });
    }
    if (scanBytes > scanLimit) {
      throw new FramelaneError(
        'LIMIT_EXCEEDED',
        `a JPEG scan of ${scanBytes} bytes; RFC 2435 sends ${scanLimit} at most`,
      );
    }
  }

  /** One packet with the scan from byte `sent` on. Returns how many bytes go into it. */
  #packet(data: Uint8Array, picture: JpegPicture, sent: number, plan: SendPlan): number {
    const { restartInterval, scanOffset, scanBytes } = picture;
    const isFirst = sent === 0;
    const headerBytes =
      mainHeaderBytes + (restartInterval > 0 ? restartHeaderBytes : 0) + (isFirst ? tableHeaderBytes : 0);
    const taken = Math.min(scanBytes - sent, this.#writer.room - headerBytes);
    const start = this.#writer.write(headerBytes, sent + taken === scanBytes);
    const { headers } = plan;
    let at = start + this.#writer.bytes;
    at = this.#writeMain(headers, at, picture, sent);
    if (restartInterval > 0) at = writeRestart(headers, at, restartInterval);
    if (isFirst) writeTables(headers, at, data, picture);
    const step = plan.packet(start, this.#writer.bytes + headerBytes);
    plan.piece(step, scanOffset + sent, taken);
    return taken;
  }

  #writeMain(headers: Uint8Array, at: number, picture: JpegPicture, sent: number): number {
    const { type, restartInterval, width, height } = picture;
    // As GStreamer: both 0 as soon as one of them cannot be said.
    const isLarge = width > sideLimit || height > sideLimit;
    headers[at] = 0;
    headers[at + 1] = sent >> 16;
    headers[at + 2] = sent >> 8;
    headers[at + 3] = sent;
    headers[at + 4] = type + (restartInterval > 0 ? 64 : 0);
    headers[at + 5] = tablesInPicture;
    headers[at + 6] = isLarge ? 0 : (width + 7) >> 3;
    headers[at + 7] = isLarge ? 0 : (height + 7) >> 3;
    return at + mainHeaderBytes;
  }
}

/** F, L and count of all ones: packets are not cut at restart markers, the whole picture must be there (3.1.7). */
function writeRestart(headers: Uint8Array, at: number, interval: number): number {
  headers[at] = interval >> 8;
  headers[at + 1] = interval;
  headers[at + 2] = 0xff;
  headers[at + 3] = 0xff;
  return at + restartHeaderBytes;
}

function writeTables(headers: Uint8Array, at: number, data: Uint8Array, picture: JpegPicture): void {
  const { luminanceTable, chrominanceTable } = picture;
  headers[at] = 0;
  headers[at + 1] = 0; // 8 bits
  headers[at + 2] = 0;
  headers[at + 3] = 2 * quantizationTableBytes;
  for (let index = 0; index < quantizationTableBytes; index++) {
    headers[at + 4 + index] = data[luminanceTable + index] as number;
    headers[at + 4 + quantizationTableBytes + index] = data[chrominanceTable + index] as number;
  }
}
