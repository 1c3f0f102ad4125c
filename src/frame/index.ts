/** Frames: pixels in planes, when they were taken, and what their source says about them. */
export { type ErrorCode, type ErrorDetails, errorCodes, FramelaneError } from '../error.js';
export * from './frame.js';
export * from './geometry.js';
export * from './metadata.js';
export * from './nd-array.js';
export * from './pixel-format.js';
