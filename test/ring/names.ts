import { randomBytes } from 'node:crypto';

/** A ring name that no other test and no other run uses. */
export function ringName(): string {
  return `test-${process.pid}-${randomBytes(6).toString('hex')}`;
}
