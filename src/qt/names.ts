import { createHash } from 'node:crypto';
import path from 'node:path';
import { FramelaneError } from '../error.js';

/** How a Qt program shares memory: `sysv` Qt 5 and Qt 6 with a key; `posix` Qt 6.6 and later by a `QNativeIpcKey`. */
export type QtBackendName = 'sysv' | 'posix';

/**
 * What a key stands for. `legacy`: what `QSharedMemory(QString)` is given; Qt makes a name with a hash of it. `native`:
 * the operating system's own name, as `nativeKey()` shows it: for sysv the path of the key file, for posix `/name`.
 */
export type QtKeyKind = 'legacy' | 'native';

/** Most characters of a key. */
export const maxKeyLength = 255;

const temporaryFolder = () => path.normalize(process.env.TMPDIR || '/tmp').replace(/(.)\/+$/, '$1');

/** The key's letters and the SHA-1 of its UTF-8 bytes: what Qt's own names have behind their prefix. */
function safeName(key: string): string {
  return key.replace(/[^A-Za-z]/g, '') + createHash('sha1').update(key, 'utf8').digest('hex');
}

/** Where the operating system knows a segment and its lock. */
export interface NativeNames {
  /** Path of the key file (sysv), or the name that `shm_open` takes (posix). */
  readonly segment: string;
  /** The same of the lock. */
  readonly lock: string;
}

/** Prefix of the files and names that Qt makes for segments. */
export const segmentPrefix = 'qipc_sharedmemory_';

/** Prefix of the files and names that Qt makes for locks. */
export const lockPrefix = 'qipc_systemsem_';

/** Folder of the System V key files: Qt's temporary folder. */
export const keyFileFolder = temporaryFolder;

/** The names that Qt makes of a key. Throws `BAD_ARGUMENT`. */
export function nativeNames(key: string, backend: QtBackendName, kind: QtKeyKind): NativeNames {
  if (key === '' || key.length > maxKeyLength || key.includes('\0')) {
    throw new FramelaneError('BAD_ARGUMENT', `a key of QSharedMemory has 1 to ${maxKeyLength} characters`);
  }
  if (kind === 'native') return ownName(key, backend);
  const folder = backend === 'sysv' ? temporaryFolder().replace(/\/$/, '') : '';
  const name = safeName(key);
  return { segment: `${folder}/${segmentPrefix}${name}`, lock: `${folder}/${lockPrefix}${name}` };
}

/** A native key names segment and lock alike: they are of different kinds. */
function ownName(key: string, backend: QtBackendName): NativeNames {
  const name = backend === 'posix' && !key.startsWith('/') ? `/${key}` : key;
  const wrong = backend === 'posix' ? name.indexOf('/', 1) >= 0 || name.length < 2 : !name.startsWith('/');
  if (wrong) {
    const expected = backend === 'posix' ? '/name without a further slash' : 'the whole path of the key file';
    throw new FramelaneError('BAD_ARGUMENT', `native key "${key}": ${expected} is expected`);
  }
  return { segment: name, lock: name };
}
