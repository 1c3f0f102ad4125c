import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FramelaneError } from '../error.js';

/**
 * A kernel pipe, as [read end, write end]. Node's own pipes to children are sockets whose bytes pass through buffers;
 * out of this one `read` goes straight to where the pixels belong. Its name is gone before anything runs.
 */
export function makePipe(): [number, number] {
  const folder = mkdtempSync(path.join(tmpdir(), 'framelane-'));
  try {
    const fifo = path.join(folder, 'pixels');
    makeFifo(fifo);
    const first = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK); // Does not wait for a writer.
    const writeEnd = openSync(fifo, constants.O_WRONLY);
    const readEnd = openSync(fifo, constants.O_RDONLY); // There is a writer now, so this one may be a blocking one.
    closeSync(first);
    return [readEnd, writeEnd];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node has no call for it; every Linux has the program. */
function makeFifo(fifo: string): void {
  try {
    execFileSync('mkfifo', ['-m', '600', fifo], { stdio: 'ignore' });
  } catch (cause) {
    throw new FramelaneError(
      'TOOL_MISSING',
      `mkfifo does not work here (${(cause as Error).message}); apt install coreutils`,
      {
        subject: 'mkfifo',
      },
    );
  }
}
