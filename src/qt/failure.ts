import os from 'node:os';
import { type ErrorCode, FramelaneError } from '../error.js';

const { errno } = os.constants;

/** Numbers of the errors that have a meaning here, negative as the addon returns them. */
export const status = {
  again: -errno.EAGAIN,
  timedOut: -errno.ETIMEDOUT,
  interrupted: -errno.EINTR,
  exists: -errno.EEXIST,
  missing: -errno.ENOENT,
  removed: -errno.EIDRM,
  invalid: -errno.EINVAL,
  empty: -errno.ENODATA,
} as const;

const names = new Map(Object.entries(errno).map(([name, number]) => [number, name]));

interface Meaning {
  readonly code: ErrorCode;
  readonly advice: string;
}

const noSpace: Meaning = {
  code: 'QT_NO_SPACE',
  advice: 'not enough shared memory: fewer or smaller images, or a larger kernel.shmmax or /dev/shm',
};
const forbidden: Meaning = {
  code: 'QT_NO_PERMISSION',
  advice: 'it belongs to another user: Qt makes segments for their owner alone, so run as that user',
};

const meanings: Record<string, Meaning> = {
  ENOENT: { code: 'QT_NOT_FOUND', advice: 'there is none: start the Qt program that makes it first, or give wait=' },
  ENODATA: { code: 'QT_NOT_FOUND', advice: 'it is being made: try again, or give wait=' },
  EACCES: forbidden,
  EPERM: forbidden,
  ENOSPC: noSpace,
  ENOMEM: noSpace,
  EFBIG: noSpace,
  EDQUOT: noSpace,
};

/** The error of a call that failed: `-errno` of the addon, or what Node threw. `subject` is the key or the file. */
export function qtError(cause: number | NodeJS.ErrnoException, subject: string): FramelaneError {
  const name = typeof cause === 'number' ? (names.get(-cause) ?? `errno ${-cause}`) : (cause.code ?? cause.message);
  const { code, advice } = meanings[name] ?? { code: 'IO' as const, advice: 'the system refused it' };
  const options = typeof cause === 'number' ? undefined : { cause };
  return new FramelaneError(code, `QSharedMemory "${subject}": ${advice} (${name})`, { subject }, options);
}
