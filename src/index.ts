/** Framelane: live video frames between processes, languages and machines. Each part is also an export of its own. */
export * from './endpoints/index.js';
export * from './frame/index.js';
export * from './jpeg/index.js';
export { AccessUnit, AccessUnitSplitter, type Codec } from './nal/index.js';
export {
  type RtcpMode,
  RtpReceiver,
  type RtpReceiverOptions,
  RtpSender,
  type RtpSenderOptions,
  RtpTransport,
  type RtpTransportOptions,
  receptionOf,
} from './net/index.js';
export * from './qt/index.js';
export * from './ring/index.js';
export type { LostUnit } from './rtp/index.js';
export { SrtpKey, type SrtpSuiteName } from './srtp/index.js';
export * from './tine/index.js';
export * from './view/index.js';
