export {
  type AttributeHolder,
  attributeOf,
  attributesOf,
  type SdpAttribute,
} from './attribute.js';
export { readCaps, writeCaps } from './caps.js';
export type { Connection } from './connection.js';
export { type CryptoAttribute, cryptosOf, type InlineKey } from './crypto-attribute.js';
export { describeStreams, type SessionToDescribe, type StreamToDescribe } from './describe-streams.js';
export { type FormatParameters, formatParametersOf } from './format-parameters.js';
export { maxSdpLength, maxSdpLines } from './line.js';
export {
  type ExtensionMap,
  extensionMapsOf,
  type FeedbackMap,
  feedbackMapsOf,
  type SourceAttribute,
  sourceAttributesOf,
} from './media-attributes.js';
export type { MediaDescription, OtherLine } from './media-description.js';
export type {
  AvcMediaFormat,
  GenericMediaFormat,
  HevcMediaFormat,
  JpegMediaFormat,
  MediaFormat,
} from './media-format.js';
export type { Origin } from './origin.js';
export { parameterSetsAnnexB } from './parameter-sets.js';
export type { RawMediaFormat } from './raw-parameters.js';
export { type RtpMap, rtpMapsOf } from './rtp-map.js';
export { readSdp, type SessionDescription, writeSdp } from './session-description.js';
export {
  type StreamDescription,
  type StreamFeedback,
  type StreamPayload,
  type StreamRtcp,
  streamsOf,
} from './stream-description.js';
