import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { FramelaneError } from '../error.js';
import { native } from '../native.js';
import { qtError, status } from './failure.js';
import { removeKeyFile, systemVKey } from './key-file.js';
import { keyFileFolder, lockPrefix, type NativeNames, type QtBackendName, segmentPrefix } from './names.js';

/** A segment of QSharedMemory seen from outside. */
export interface QtSegmentStatus {
  /** How its programs share memory. */
  readonly backend: QtBackendName;
  /** Native names of segment and lock; the key itself cannot be told from them. */
  readonly names: NativeNames;
  /** 0 for a key file whose segment is gone. */
  readonly bytes: number;
  /** Mappings of all processes (System V), or processes of ours that map it (POSIX). */
  readonly attached: number;
  /** Process id of whoever made it; 0 unknown. */
  readonly creator: number;
}

/** Where Linux keeps POSIX segments. */
const posixFolder = '/dev/shm';

function legacyNames(folder: string, backend: QtBackendName): NativeNames[] {
  if (!existsSync(folder)) return [];
  const prefix = backend === 'sysv' ? `${folder}/` : '/';
  return readdirSync(folder)
    .filter((name) => name.startsWith(segmentPrefix))
    .sort()
    .map((name) => ({ segment: prefix + name, lock: prefix + name.replace(segmentPrefix, lockPrefix) }));
}

/**
 * The segments that Qt programs made from string keys and that this user may touch, of both backends, also those that
 * killed programs left behind (`attached` 0). Those with native keys of the programs' own cannot be recognised.
 */
export function listQtSegments(): QtSegmentStatus[] {
  const sysv = legacyNames(keyFileFolder(), 'sysv').map((names) => ({ names, facts: systemVFacts(names.segment) }));
  const posix = legacyNames(posixFolder, 'posix');
  return [
    ...sysv.flatMap(({ names, facts }) => (facts === undefined ? [] : [{ backend: 'sysv' as const, names, ...facts }])),
    ...posix.map((names) => ({ backend: 'posix' as const, names, ...posixFacts(names.segment) })),
  ];
}

type Facts = Pick<QtSegmentStatus, 'bytes' | 'attached' | 'creator'>;
const nothing: Facts = { bytes: 0, attached: 0, creator: 0 };

function systemVId(file: string): number {
  const key = systemVKey(file);
  return key === undefined ? status.missing : native().segmentFind(key, 0);
}

/** undefined: it belongs to another user. */
function systemVFacts(file: string): Facts | undefined {
  const id = systemVId(file);
  const facts = id < 0 ? id : native().segmentFacts(id);
  if (typeof facts !== 'number') return facts;
  return facts === status.missing || facts === status.invalid || facts === status.removed ? nothing : undefined;
}

function posixFacts(name: string): Facts {
  const bytes = statSync(posixFolder + name, { throwIfNoEntry: false })?.size ?? 0;
  return { bytes, attached: processesThatMap(posixFolder + name), creator: 0 };
}

/** Processes that map a file, as far as we may see. */
function processesThatMap(file: string): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.filter((process) => {
    try {
      return readFileSync(`/proc/${process}/maps`, 'utf8')
        .split('\n')
        .some((line) => line.endsWith(` ${file}`));
    } catch {
      return false; // gone meanwhile, or somebody else's
    }
  }).length;
}

/**
 * Removes a segment that nobody is attached to, its key file and its lock; with `force` also one that is in use: its
 * programs go on with each other, but nobody new finds it. Throws `QT_BUSY`, `QT_NOT_FOUND`, `QT_NO_PERMISSION`.
 */
export function removeQtSegment(
  names: NativeNames,
  backend: QtBackendName,
  options: { readonly force?: boolean } = {},
): void {
  const { attached } = backend === 'sysv' ? (systemVFacts(names.segment) ?? nothing) : posixFacts(names.segment);
  if (attached > 0 && options.force !== true) {
    const message = `QSharedMemory "${names.segment}": ${attached} programs are attached; end them first, or force it`;
    throw new FramelaneError('QT_BUSY', message, { subject: names.segment, attached });
  }
  const gone = backend === 'sysv' ? removeSystemV(names) : removePosix(names);
  if (!gone) throw qtError(status.missing, names.segment);
}

/** What is not there any more has been removed by somebody else: that is fine. False: there was nothing. */
function removed(result: number, subject: string): boolean {
  if (result === status.missing || result === status.invalid || result === status.removed) return false;
  if (result < 0) throw qtError(result, subject);
  return true;
}

function removeSystemV({ segment, lock }: NativeNames): boolean {
  const files = existsSync(segment) || existsSync(lock);
  const id = systemVId(segment);
  removed(id < 0 ? id : native().segmentRemove(id), segment);
  const lockKey = systemVKey(lock);
  const lockId = lockKey === undefined ? status.missing : native().semaphoreFind(lockKey, false);
  removed(lockId < 0 ? lockId : native().semaphoreRemove(lockId), lock);
  removeKeyFile(segment);
  removeKeyFile(lock);
  return files;
}

function removePosix({ segment, lock }: NativeNames): boolean {
  const unlinked = removed(native().posixUnlink(segment), segment);
  return removed(native().posixSemaphoreUnlink(lock), lock) || unlinked;
}
