import { FramelaneError } from '../../error.js';
import { rtpHeaderBytes, writeRtpHeader } from '../packet.js';
import type { SendPlan } from '../send-plan.js';
import type { PacketContext } from './payloader.js';

/** The smallest and the largest packet that can be asked for, in bytes; the largest is what UDP over IPv4 carries. */
export const packetByteLimits = { least: 64, most: 65_507 } as const;

/** Units of 2 GiB and more cannot be sent: offsets of a plan have 31 bits. */
const unitByteLimit = 0x7fff_ffff;

/** Writes the RTP headers of one unit's packets into a plan's memory. */
export class HeaderWriter {
  /** Bytes that the RTP header and its extension take. */
  bytes = rtpHeaderBytes;
  /** Bytes of a packet that are left for the payload. */
  room = 0;
  #context!: PacketContext;
  #plan!: SendPlan;
  /** Number of the plan's packet 0. */
  #firstSequence = 0;

  /** Begins a unit of `unitBytes` bytes. The payload format needs room for `least` bytes of payload. */
  begin(context: PacketContext, plan: SendPlan, unitBytes: number, least: number): void {
    const { extension, maxPacketBytes, sequence } = context;
    this.bytes = rtpHeaderBytes + (extension?.length ?? 0);
    this.room = maxPacketBytes - this.bytes;
    this.#context = context;
    this.#plan = plan;
    this.#firstSequence = sequence - plan.packets;
    this.#check(unitBytes, least);
  }

  /** Number of the next packet, not cut to 16 bits. */
  get sequence(): number {
    return this.#firstSequence + this.#plan.packets;
  }

  /**
   * Makes room for the header of the next packet and for `payloadHeaderBytes` behind it, and writes the RTP part.
   * Returns its offset in the plan's `headers`; the payload header is at {@link bytes} behind that.
   */
  write(payloadHeaderBytes: number, marker: boolean): number {
    const at = this.#plan.header(this.bytes + payloadHeaderBytes);
    const { headers } = this.#plan;
    const { extension } = this.#context;
    writeRtpHeader(headers, at, this.#context, this.sequence, marker);
    if (extension !== undefined && extension.length > 0) {
      headers[at] = 0x90;
      headers.set(extension, at + rtpHeaderBytes);
    }
    return at;
  }

  #check(unitBytes: number, least: number): void {
    const { extension, maxPacketBytes } = this.#context;
    const { least: smallest, most } = packetByteLimits;
    if (!Number.isInteger(maxPacketBytes) || maxPacketBytes < smallest || maxPacketBytes > most) {
      throw new FramelaneError(
        'BAD_ARGUMENT',
        `maxPacketBytes is ${maxPacketBytes}; packets have ${smallest} to ${most}`,
      );
    }
    if (extension !== undefined && extension.length > 0 && !isExtension(extension)) {
      const message = `a header extension of ${extension.length} bytes does not say its length; headerExtension() makes one`;
      throw new FramelaneError('BAD_ARGUMENT', message);
    }
    if (this.room < least) {
      const message = `packets of ${maxPacketBytes} bytes leave ${this.room} behind a header of ${this.bytes}; ${least} needed`;
      throw new FramelaneError('BAD_ARGUMENT', message);
    }
    if (unitBytes > unitByteLimit) {
      throw new FramelaneError(
        'LIMIT_EXCEEDED',
        `an access unit of ${unitBytes} bytes; at most ${unitByteLimit} can be sent`,
      );
    }
  }
}

/** Whether the length in its third and fourth byte, in words behind the first, is that of the extension. */
function isExtension(extension: Uint8Array): boolean {
  return extension.length === 4 + 4 * (((extension[2] as number) << 8) | (extension[3] as number));
}
