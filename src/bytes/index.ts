/** Reading and writing memory without ever leaving it. */
export { BoundedReader, latin1 } from './reader.js';
export { BoundedWriter } from './writer.js';
