/** JPEG to frames and back. */
export * from './codec.js';
export * from './jpeg-header.js';
export * from './turbo.js';
