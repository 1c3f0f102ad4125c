export { middleOfNtp, ntpFromUnix, ReceiverClock, SenderClock, unixFromNtp } from './clock.js';
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
export { Reception, type ReceptionReport } from './reception.js';
export * from './rtcp/index.js';
export { type FragmentShape, inHeaders, packetsOf, planStep, SendPlan } from './send-plan.js';
export { ExtendedSequence, sequenceAfter, sequenceDistance, timestampDistance } from './sequence.js';
