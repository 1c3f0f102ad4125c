/** TINE camera images: bytes to frames and arrays, and back. Pure TypeScript; runs in a browser too. */
export * from './encode-image.js';
export {
  decodeImage,
  looksLikeImage,
  type StrictOptions,
  type TineImage,
  type TineWarning,
} from './image.js';
export { ImageDecoder } from './image-decoder.js';
export type { ImageFacts } from './image-facts.js';
export { type ToFrameOptions, toArray, toFrame } from './image-frame.js';
export * from './image-header.js';
export * from './image-list.js';
export {
  fillPixels,
  type ImageCoding,
  type ImageOptions,
  type ImagePlan,
  imageFacts,
  planImage,
} from './image-plan.js';
export * from './py-tine.js';
