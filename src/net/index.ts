export { addressOfRow, type Endpoint, parseAddress, resolveEndpoint, UdpAddress } from './address.js';
export { nalScanner } from './nal-scanner.js';
export type { MulticastOptions, SendPath, UdpOptions } from './options.js';
export { type PaceOptions, Pacer } from './pacer.js';
export { type BatchListener, rowWord, rowWords } from './receive-loop.js';
export type { UdpStatistics } from './statistics.js';
export type { PacketTransform } from './transform.js';
export { type SendOptions, UdpSocket } from './udp-socket.js';
