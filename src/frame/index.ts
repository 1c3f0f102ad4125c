/** Frames: pixels in planes, when they were taken, and what their source says about them. */
export { type ErrorCode, type ErrorDetails, errorCodes, FramelaneError } from '../error.js';
export * from './colour-map.js';
export * from './convert.js';
export type { DemosaicOptions } from './demosaic.js';
export * from './frame.js';
export * from './geometry.js';
export * from './levels.js';
export * from './metadata.js';
export * from './nd-array.js';
export * from './npy.js';
export * from './pixel-format.js';
export * from './png.js';
export { type YuvFactors, type YuvOptions, yuvFactors } from './yuv.js';
