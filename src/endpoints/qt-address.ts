import { FramelaneError } from '../error.js';
import type { QtSharedMemoryOptions } from '../qt/index.js';
import { badUri, type EndpointUri, oneOf, positive } from './uri.js';

const seconds = positive('a number of seconds', 'forever');

/** The options that source and sink have in common. */
export const qtOptionReaders = { backend: oneOf('sysv', 'posix'), names: oneOf('legacy', 'native'), lock: seconds };

/** Milliseconds of an option in seconds. */
export const inMs = (value: number) => value * 1000;

/** The key of `qt:KEY`. Throws `BAD_URI`. */
export function qtKey(uri: EndpointUri): string {
  if (uri.path === '') throw badUri(uri, 'name the key of the QSharedMemory: qt:KEY');
  return uri.path;
}

/** The shared options of an address as QtSharedMemory wants them. */
export function qtMemoryOptions(options: {
  readonly backend?: QtSharedMemoryOptions['backend'];
  readonly names?: QtSharedMemoryOptions['names'];
  readonly lock?: number;
}): QtSharedMemoryOptions {
  const { backend, names, lock = 5 } = options;
  return { backend, names, lockTimeout: inMs(lock) };
}

/** Whether an error says that there is no such segment. */
export const isMissing = (error: unknown) => error instanceof FramelaneError && error.code === 'QT_NOT_FOUND';
