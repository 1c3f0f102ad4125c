import { setTimeout as sleep } from 'node:timers/promises';
import type { Publisher } from '../ring/index.js';

/** Milliseconds between two looks at the reader table. */
const lookMs = 5;

/**
 * A reader that is just attaching has its seat before it says whether it holds frames back. One that has not said so
 * after this many ms does not.
 */
const decisionMs = 200;

/**
 * Waits until so many readers are attached; in a lossless ring, until they hold frames back or evidently do not want
 * to. Resolves to false when the signal was aborted first.
 */
export async function waitForReaders(publisher: Publisher, count: number, signal?: AbortSignal): Promise<boolean> {
  let since: number | undefined;
  while (!signal?.aborted) {
    const present = publisher.readerCount() >= count;
    if (present && (!publisher.lossless || publisher.readerCount({ lossless: true }) >= count)) return true;
    since = present ? (since ?? performance.now()) : undefined;
    if (since !== undefined && performance.now() - since > decisionMs) return true;
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
