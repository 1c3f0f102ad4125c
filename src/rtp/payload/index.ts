export { packetByteLimits } from './header-writer.js';
export { HevcPayloader, type HevcPayloaderOptions } from './hevc-payloader.js';
export type { PacketContext, Payloader, UnitBytes } from './payloader.js';
