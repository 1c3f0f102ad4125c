import { FramelaneError } from '../../error.js';
import { inHeaders, type SendPlan } from '../send-plan.js';
import { HeaderWriter } from './header-writer.js';
import type { PacketContext, Payloader, UnitBytes } from './payloader.js';
import { type RawFormat, type RawLayout, rawLayout } from './raw-format.js';

/** Bytes of the extended sequence number, and of the header of a piece of a line. */
const orderBytes = 2;
const lineHeaderBytes = 6;

/** How uncompressed video is to be sent. */
export interface RawPayloaderOptions extends RawFormat {
  /**
   * Whether packets that a whole pixel group does not fill are padded (RFC 3550 section 5.1), a few bytes each, so that
   * all have one size and leave in trains. Default true.
   */
  readonly pad?: boolean;
}

/**
 * Uncompressed video on RTP (RFC 4175). Behind the RTP header the upper half of a 32-bit sequence number, a header for
 * each piece of a line (C: another one follows), then the pixels of all pieces (section 4.2):
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |   Extended Sequence Number    |            Length             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |F|          Line No            |C|           Offset            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |            Length             |F|          Line No            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |C|           Offset            |  pixels of the first piece ...
 */
export class RawPayloader implements Payloader {
  readonly codec = 'raw';
  /** How the units must lie in memory. */
  readonly layout: RawLayout;
  readonly #pad: boolean;
  readonly #writer = new HeaderWriter();

  constructor(options: RawPayloaderOptions) {
    this.layout = rawLayout(options);
    this.#pad = options.pad ?? true;
  }

  packetize({ data }: UnitBytes, context: PacketContext, plan: SendPlan): void {
    const { groupBytes, bytes } = this.layout;
    this.#writer.begin(context, plan, data.length, orderBytes + lineHeaderBytes + groupBytes);
    if (data.length !== bytes) {
      const message = `a picture of ${data.length} bytes; the format that was promised has ${bytes}`;
      throw new FramelaneError('FRAME_INVALID', message, { length: data.length });
    }
    for (let at = 0; at < bytes; ) at += this.#packet(at, plan);
  }

  /** One packet with the picture from byte `from` on, as much as goes in. Returns how much that is. */
  #packet(from: number, plan: SendPlan): number {
    const { groupBytes, rowBytes, bytes } = this.layout;
    let room = this.#writer.room - orderBytes;
    let lines = 0;
    let to = from;
    while (to < bytes && room >= lineHeaderBytes + groupBytes) {
      room -= lineHeaderBytes;
      const taken = Math.min(rowBytes - (to % rowBytes), room - (room % groupBytes));
      room -= taken;
      to += taken;
      lines++;
    }
    const padding = this.#pad && to < bytes ? room : 0;
    this.#write(from, to, lines, padding, plan);
    return to - from;
  }

  #write(from: number, to: number, lines: number, padding: number, plan: SendPlan): void {
    const headerBytes = orderBytes + lines * lineHeaderBytes;
    const { sequence } = this.#writer;
    const start = this.#writer.write(headerBytes, to === this.layout.bytes);
    const { bytes } = this.#writer;
    let at = start + bytes;
    plan.headers[at++] = sequence >>> 24;
    plan.headers[at++] = sequence >>> 16;
    this.#writeLines(plan.headers, at, from, to);
    if (padding > 0) plan.headers[start] = (plan.headers[start] as number) | 0x20;
    const step = plan.packet(start, bytes + headerBytes);
    plan.piece(step, from, to - from);
    if (padding > 0) this.#writePadding(step, padding, plan);
  }

  /** The headers of the pieces of lines between two bytes of the picture. */
  #writeLines(headers: Uint8Array, start: number, from: number, to: number): void {
    const { rowBytes, groupBytes, groupWidth, groupHeight } = this.layout;
    for (let at = start, byte = from; byte < to; ) {
      const column = byte % rowBytes;
      const length = Math.min(rowBytes - column, to - byte);
      const line = ((byte - column) / rowBytes) * groupHeight;
      const offset = (column / groupBytes) * groupWidth;
      byte += length;
      headers[at++] = length >> 8;
      headers[at++] = length;
      headers[at++] = line >> 8;
      headers[at++] = line;
      headers[at++] = (byte < to ? 0x80 : 0) | (offset >> 8);
      headers[at++] = offset;
    }
  }

  #writePadding(step: number, padding: number, plan: SendPlan): void {
    const at = plan.header(padding);
    plan.headers.fill(0, at, at + padding - 1);
    plan.headers[at + padding - 1] = padding;
    plan.piece(step, inHeaders + at, padding);
    plan.paddingBytes += padding;
  }
}
