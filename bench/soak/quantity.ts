import { readdirSync } from 'node:fs';
import type { Slope } from './slope.js';

/** Something that must not grow. */
export interface Quantity {
  readonly name: string;
  readonly unit: 'B' | 'count';
  /** Its value in this process now. */
  read(memory: NodeJS.MemoryUsage): number;
}

/** Memory in bytes, and whatever a process has only so many of. */
export const quantities: readonly Quantity[] = [
  { name: 'rss', unit: 'B', read: ({ rss }) => rss },
  { name: 'heapUsed', unit: 'B', read: ({ heapUsed }) => heapUsed },
  // Node counts array buffers as external memory too.
  { name: 'external', unit: 'B', read: ({ external }) => external },
  { name: 'arrayBuffers', unit: 'B', read: ({ arrayBuffers }) => arrayBuffers },
  { name: 'openFiles', unit: 'count', read: () => readdirSync('/proc/self/fd').length },
  { name: 'handles', unit: 'count', read: () => process.getActiveResourcesInfo().length },
];

/** What a slope says: `unclear` when it may be more than allowed and may be not. */
export type Verdict = 'flat' | 'grows' | 'unclear';

/** Bytes may grow by less than 1 an iteration, counts by less than 1 a run. */
export function verdictOf(unit: Quantity['unit'], { slope, low, high }: Slope, iterations: number): Verdict {
  const most = unit === 'B' ? 1 : 1 / iterations;
  if (low > most) return 'grows';
  return Math.abs(slope) < most && low > -most && high < most ? 'flat' : 'unclear';
}
