import { qtKey, qtOptionReaders } from '../endpoints/qt-address.js';
import { parseUri, readOptions } from '../endpoints/uri.js';
import { listQtSegments, nativeNames, removeQtSegment } from '../qt/index.js';
import { exitCodes, reportError } from './exit-codes.js';

/** Removes the QSharedMemory of an address `qt:KEY`. */
export function removeQt(address: string, force: boolean): void {
  const uri = parseUri(address);
  const { backend = 'sysv', names = backend === 'sysv' ? 'legacy' : 'native' } = readOptions(uri, qtOptionReaders);
  removeQtSegment(nativeNames(qtKey(uri), backend, names), backend, { force });
}

/** Removes every QSharedMemory that nobody is attached to; the exit code of each. */
export function removeStaleQt(): number[] {
  const stale = listQtSegments().filter(({ attached }) => attached === 0);
  return stale.map(({ names, backend }) => {
    try {
      removeQtSegment(names, backend);
      process.stdout.write(`removed ${names.segment}\n`);
      return exitCodes.ok;
    } catch (error) {
      return reportError(error);
    }
  });
}
