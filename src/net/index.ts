export { addressOfRow, type Endpoint, parseAddress, resolveEndpoint, UdpAddress } from './address.js';
export { type DescribedReception, receptionOf } from './described-stream.js';
export { nalScanner } from './nal-scanner.js';
export { NativeCipher, nativePrimitives } from './native-ciphers.js';
export type { MulticastOptions, SendPath, UdpOptions } from './options.js';
export { type PaceOptions, Pacer } from './pacer.js';
export type { PayloadOptions } from './payloader-of.js';
export { type BatchListener, rowWord, rowWords } from './receive-loop.js';
export { RtpReceiver, type RtpReceiverOptions, type RtpReceiverStatistics } from './rtp-receiver.js';
export {
  RtpSender,
  type RtpSenderOptions,
  type RtpSenderStatistics,
  type RtpStreamOptions,
  type UnitTiming,
} from './rtp-sender.js';
export {
  type ControlListener,
  type MediaListener,
  type RtcpMode,
  RtpTransport,
  type RtpTransportOptions,
} from './rtp-transport.js';
export { type ProtectedWrite, SrtpLink, type SrtpOptions } from './srtp-link.js';
export type { UdpStatistics } from './statistics.js';
export type { PacketTransform } from './transform.js';
export { type SendOptions, UdpSocket } from './udp-socket.js';
