import { statfsSync } from 'node:fs';
import { type ErrorCode, FramelaneError } from '../error.js';
import { native } from '../native.js';

/** Statuses of include/framelane.h that are no errors. */
export const status = { ok: 0, again: 1, closed: 2, replaced: 3 } as const;

/** Folder of the segments: $FRAMELANE_SHM_DIR, or /dev/shm. */
export function ringFolder(): string {
  return process.env.FRAMELANE_SHM_DIR || '/dev/shm';
}

/** Errors of include/framelane.h: number, code, and what the user should do. */
const errors: Readonly<Record<number, readonly [ErrorCode, (name: string) => string]>> = {
  [-1]: ['BAD_ARGUMENT', (name) => `ring "${name}": an argument is outside its range`],
  [-2]: ['RING_NAME', (name) => `"${name}" cannot name a ring: use 1 to 64 characters of A-Z a-z 0-9 . _ -`],
  [-3]: ['RING_NOT_FOUND', (name) => `there is no ring "${name}": start its producer first, or wait for it`],
  [-4]: ['RING_BUSY', (name) => `ring "${name}" has a live producer already: take another name, or stop that one`],
  [-5]: [
    'RING_DAMAGED',
    (name) => `ring "${name}" is damaged or no frame ring: remove it with \`framelane rm ${name}\``,
  ],
  [-6]: ['RING_VERSION', (name) => `ring "${name}" has another layout version: update Framelane on the older side`],
  [-7]: ['RING_NO_SPACE', (name) => `not enough shared memory in ${ringFolder()} for ring "${name}"`],
  [-8]: ['RING_NO_PERMISSION', (name) => `no permission for ring "${name}": its producer may allow a group`],
  [-9]: ['RING_FULL', (name) => `every reader entry of ring "${name}" is taken: its producer may allow more readers`],
  [-10]: [
    'TOO_MANY_HELD',
    (name) => `12 frames of ring "${name}" are held by this subscriber already: release frames, or copy what you keep`,
  ],
  [-11]: ['FRAME_INVALID', (name) => `a frame in ring "${name}" has a header that makes no sense; it was skipped`],
  [-12]: ['FRAME_TOO_LARGE', (name) => `the frame does not fit a slot of ring "${name}": open it with more capacity`],
  [-13]: [
    'RING_LOSSY',
    (name) =>
      `ring "${name}" is lossy, its producer never waits: start the producer lossless, or read without lossless`,
  ],
  [-14]: ['TIMEOUT', (name) => `ring "${name}": somebody has been attaching for 5 seconds; is a reader stopped?`],
  [-15]: ['RING_PRODUCER_LOST', (name) => `the producer of ring "${name}" died without closing and nobody took over`],
};

/** The error that a native status stands for. */
export function ringError(code: number, name: string): FramelaneError {
  const known = errors[code];
  if (known === undefined) {
    const errno = native().lastErrno();
    return new FramelaneError('IO', `ring "${name}": a system call failed (errno ${errno})`, { subject: name, errno });
  }
  return new FramelaneError(known[0], known[1](name), { subject: name });
}

/** Bytes in words a person compares. */
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** The error of a ring of so many bytes that finds no room. */
export function noSpaceError(name: string, bytes: number): FramelaneError {
  const folder = ringFolder();
  const { bavail, bsize } = statfsSync(folder);
  const message =
    `ring "${name}" needs ${megabytes(bytes)} of shared memory, ${folder} has ${megabytes(bavail * bsize)} free: use ` +
    'fewer slots or a smaller capacity, or enlarge it (a container has 64 MB unless started with --shm-size=1g)';
  return new FramelaneError('RING_NO_SPACE', message, { subject: name, bytes, free: bavail * bsize });
}

/** The error of a folder that holds no rings because it is not there, or may not be read. */
export function folderError(cause?: unknown): FramelaneError {
  const folder = ringFolder();
  const message = `no rings can be in ${folder}: it is no folder that can be read; set FRAMELANE_SHM_DIR to one on a tmpfs`;
  return new FramelaneError('IO', message, { subject: folder }, { cause });
}

const namePattern = /^[A-Za-z0-9._-]{1,64}$/;

/** Throws `RING_NAME` unless the word may name a ring. */
export function checkRingName(name: string): void {
  if (typeof name !== 'string' || !namePattern.test(name)) throw ringError(-2, String(name));
}
