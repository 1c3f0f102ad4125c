export { AvcPayloader, type AvcPayloaderOptions } from './avc-payloader.js';
export { GenericPayloader, type GenericPayloaderOptions, genericHeaderBytes } from './generic-payloader.js';
export { packetByteLimits } from './header-writer.js';
export { HevcPayloader, type HevcPayloaderOptions } from './hevc-payloader.js';
export { JpegPayloader, type JpegPayloaderOptions } from './jpeg-payloader.js';
export { type JpegPicture, readJpegPicture } from './jpeg-picture.js';
export { standardHuffmanTables } from './jpeg-tables.js';
export type { PacketContext, Payloader, UnitBytes } from './payloader.js';
export {
  type RawDepth,
  type RawFormat,
  type RawLayout,
  type RawSampling,
  rawDepths,
  rawLayout,
  rawSamplings,
} from './raw-format.js';
export { RawPayloader, type RawPayloaderOptions } from './raw-payloader.js';
export { packRawPixels, pixelFormatOfRaw, rawFormatOf, unpackRawPixels } from './raw-pixels.js';
export type { StreamFormat } from './stream-format.js';
export { VvcPayloader, type VvcPayloaderOptions } from './vvc-payloader.js';
