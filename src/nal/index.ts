export { AccessUnit, type AccessUnitInit } from './access-unit.js';
export { type Codec, codecs, isNalCodec, type NalCodec, nalCodecs } from './codec.js';
export {
  checkScan,
  findNalUnits,
  maxScanBytes,
  type NalScanner,
  nalUnitsOf,
  noOpenUnit,
  scanNalUnits,
} from './start-codes.js';
