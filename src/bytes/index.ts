/** Reading and writing memory without ever leaving it. */

export { fromBase64, toBase64 } from './base64.js';
export { BufferPool } from './buffer-pool.js';
export { BoundedReader, latin1 } from './reader.js';
export { type CopySwapped16, copySwapped16, swapInPlace } from './swap16.js';
export { BoundedWriter } from './writer.js';
