export { absCaptureTime, absSendTime, captureTimeOf, timeExtensions } from './absolute-time.js';
export { middleOfNtp, ntpFromUnix, ReceiverClock, SenderClock, unixFromNtp } from './clock.js';
export { type Gather, gatherPortable } from './copy-list.js';
export {
  appBitsOf,
  type ExtensionElement,
  type HeaderExtensionOptions,
  headerExtension,
  readHeaderExtension,
} from './header-extension.js';
export { type LossReason, type LostUnit, lossReasons } from './lost-unit.js';
export {
  type RtpExtension,
  RtpHeader,
  RtpPacket,
  type RtpPacketInit,
  type RtpStatus,
  rtpHeaderBytes,
  rtpPacket,
  rtpStatus,
  rtpStatusText,
} from './packet.js';
export * from './payload/index.js';
export type { ReceiveStatistics, SourceStatistics } from './receive-statistics.js';
export type { ReceivedSource, ReceivedStream } from './received-source.js';
export { type ReceiveLimits, ReceiverCore, type ReceiverCoreOptions, rowWord, rowWords } from './receiver-core.js';
export { Reception, type ReceptionReport } from './reception.js';
export * from './rtcp/index.js';
export * from './sdp/index.js';
export { type FragmentShape, inHeaders, packetsOf, planStep, SendPlan } from './send-plan.js';
export { defaultMaxPacketBytes, SenderCore, type SenderCoreOptions } from './sender-core.js';
export { ExtendedSequence, sequenceAfter, sequenceDistance, timestampDistance } from './sequence.js';
