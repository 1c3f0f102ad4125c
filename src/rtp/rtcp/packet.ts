import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { type Application, readApplication, writeApplication } from './application.js';
import { type Feedback, readFeedback, writeFeedback } from './feedback.js';
import { type FullIntra, fullIntraFormat, readFullIntra, writeFullIntra } from './full-intra.js';
import { type GenericNack, genericNackFormat, readGenericNack, writeGenericNack } from './generic-nack.js';
import { type Goodbye, readGoodbye, writeGoodbye } from './goodbye.js';
import { type RtcpHeader, rtcpType } from './header.js';
import { type PictureLoss, pictureLossFormat, readPictureLoss, writePictureLoss } from './picture-loss.js';
import { type ReceiverReport, readReceiverReport, writeReceiverReport } from './receiver-report.js';
import { readSenderReport, type SenderReport, writeSenderReport } from './sender-report.js';
import { readSourceDescription, type SourceDescription, writeSourceDescription } from './source-description.js';

/** A packet of a type that Framelane does not read, extended reports for example: its bytes as they came. */
export interface UnknownRtcp {
  readonly kind: 'unknown';
  /** 192 to 223. */
  readonly packetType: number;
  /** The header's five bits. */
  readonly count: number;
  /** What stands behind the header, whole words. */
  readonly body: Uint8Array;
}

/** One RTCP packet; bytes in it are its own, not the datagram's. */
export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Goodbye
  | Application
  | GenericNack
  | PictureLoss
  | FullIntra
  | Feedback
  | UnknownRtcp;

/** Reads what stands behind a header. */
export function readBody({ packetType, count }: RtcpHeader, reader: BoundedReader): RtcpPacket {
  switch (packetType) {
    case rtcpType.senderReport:
      return readSenderReport(count, reader);
    case rtcpType.receiverReport:
      return readReceiverReport(count, reader);
    case rtcpType.sourceDescription:
      return readSourceDescription(count, reader);
    case rtcpType.goodbye:
      return readGoodbye(count, reader);
    case rtcpType.application:
      return readApplication(count, reader);
    case rtcpType.transportFeedback:
      if (count === genericNackFormat) return readGenericNack(reader);
      return readFeedback(packetType, count, reader);
    case rtcpType.payloadFeedback:
      if (count === pictureLossFormat) return readPictureLoss(reader);
      if (count === fullIntraFormat) return readFullIntra(reader);
      return readFeedback(packetType, count, reader);
    default:
      return { kind: 'unknown', packetType, count, body: reader.bytes(reader.remaining).slice() };
  }
}

/** Writes what stands behind a header and returns the header's count. */
export function writeBody(packet: RtcpPacket, writer: BoundedWriter): number {
  switch (packet.kind) {
    case 'senderReport':
      return writeSenderReport(packet, writer);
    case 'receiverReport':
      return writeReceiverReport(packet, writer);
    case 'sourceDescription':
      return writeSourceDescription(packet, writer);
    case 'goodbye':
      return writeGoodbye(packet, writer);
    case 'application':
      return writeApplication(packet, writer);
    case 'genericNack':
      return writeGenericNack(packet, writer);
    case 'pictureLoss':
      return writePictureLoss(packet, writer);
    case 'fullIntra':
      return writeFullIntra(packet, writer);
    case 'feedback':
      return writeFeedback(packet, writer);
    case 'unknown':
      writer.bytes(packet.body);
      return packet.count;
  }
}

/** The type in the header of a packet. */
export function packetTypeOf(packet: RtcpPacket): number {
  switch (packet.kind) {
    case 'genericNack':
      return rtcpType.transportFeedback;
    case 'pictureLoss':
    case 'fullIntra':
      return rtcpType.payloadFeedback;
    case 'feedback':
    case 'unknown':
      return packet.packetType;
    default:
      return rtcpType[packet.kind];
  }
}
