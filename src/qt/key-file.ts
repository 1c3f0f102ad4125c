import { closeSync, openSync, statSync, unlinkSync } from 'node:fs';
import { qtError } from './failure.js';

/** The project id that Qt gives to ftok: the letter Q. */
const project = 0x51;

/** Makes the file that a System V key is made of, as Qt does; false when it is there already. */
export function makeKeyFile(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx+', 0o640));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw qtError(error as NodeJS.ErrnoException, path);
  }
}

/** Removes a key file; one that is gone already is fine. */
export function removeKeyFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw qtError(error as NodeJS.ErrnoException, path);
  }
}

/**
 * ftok(3): the project id, the low 8 bits of the device's number, the low 16 bits of the inode's. undefined when the
 * file is not there.
 */
export function systemVKey(path: string): number | undefined {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (facts === undefined) return undefined;
  return project * 2 ** 24 + Number(facts.dev & 0xffn) * 2 ** 16 + Number(facts.ino & 0xffffn);
}
