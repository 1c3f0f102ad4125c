/** H.264, H.265 and H.266 streams: NAL units, parameter sets, access units. Bytes in, bytes out: no files, no sockets. */
export { AccessUnit, type AccessUnitInit } from './access-unit.js';
export {
  AccessUnitSplitter,
  type AccessUnitSplitterOptions,
  defaultLeadingLimit,
  defaultUnitLimit,
} from './access-unit-splitter.js';
export { type AvcPps, type AvcSps, parseAvcPps, parseAvcSps } from './avc-parameter-sets.js';
export { BitReader } from './bit-reader.js';
export { type Codec, codecs, isNalCodec, type NalCodec, nalCodecs } from './codec.js';
export { type NalHeader, nalHeaderBytes, parseNalHeader } from './header.js';
export { type HevcPps, type HevcSps, parseHevcPps, parseHevcSps } from './hevc-parameter-sets.js';
export {
  annexBToLengthPrefixed,
  type LengthBytes,
  LengthPrefixedConverter,
  type LengthPrefixedOptions,
  lengthPrefixedToAnnexB,
} from './length-prefix.js';
export { ParameterSets, parseSps } from './parameter-sets.js';
export { type PictureOrder, PictureOrderReader } from './picture-order.js';
export {
  checkScan,
  findNalUnits,
  maxScanBytes,
  type NalScanner,
  nalUnitsOf,
  noOpenUnit,
  scanNalUnits,
} from './start-codes.js';
export { UnitBoundary } from './unit-boundary.js';
export { type NalKind, type NalUnitType, nalUnitTypes } from './unit-type.js';
export type { VideoFormat } from './video-format.js';
export { parseVvcSps, type VvcSps } from './vvc-parameter-sets.js';
