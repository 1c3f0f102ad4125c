import { FramelaneError } from '../error.js';

/** Exit codes of the command line; docs/cli.md explains them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, signalBase: 128 } as const;

/** Errors that are about how the command was written. */
const usageErrors = new Set<string>(['BAD_URI', 'UNKNOWN_SCHEME', 'BAD_ARGUMENT']);

/** Says on one line what went wrong, and returns the exit code for it. FRAMELANE_DEBUG adds the stack. */
export function reportError(error: unknown): number {
  const debug = (process.env.FRAMELANE_DEBUG ?? '') !== '';
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof FramelaneError ? ` (${error.code})` : '';
  process.stderr.write(`framelane: ${message.replaceAll('\n', ' ')}${code}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof FramelaneError && usageErrors.has(error.code) ? exitCodes.usage : exitCodes.failed;
}
