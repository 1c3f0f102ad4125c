import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { FramelaneError } from '../error.js';
import { SrtpKey, type SrtpSuiteName, srtpSuite, writeKey } from '../srtp/index.js';
import { exitCodes } from './exit-codes.js';

/** What `framelane keygen` is told. */
interface KeygenOptions {
  readonly suite: SrtpSuiteName;
  readonly out?: string;
}

/** `framelane keygen`: a new key of SRTP, as a line, or in a file that nobody else can read. */
export function keygenCommand({ suite, out }: KeygenOptions): number {
  const { keyBytes, saltBytes } = srtpSuite(suite);
  const bytes = randomBytes(keyBytes + saltBytes);
  const key = new SrtpKey(suite, bytes);
  const line = `${writeKey(key)}\n`;
  if (out === undefined) process.stdout.write(line);
  else save(out, line);
  bytes.fill(0);
  key.wipe();
  return exitCodes.ok;
}

/** A key that is there already may be in use: it is not overwritten. */
function save(file: string, line: string): void {
  try {
    writeFileSync(file, line, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? `${file} is there already: name another file, or remove it` : message;
    throw new FramelaneError('IO', reason, { subject: file }, { cause });
  }
}
