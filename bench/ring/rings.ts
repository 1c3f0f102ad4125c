import { type Program, programPath } from './child.js';
import type { Contender } from './contender.js';
import { coreOf } from './cores.js';
import type { Effort } from './effort.js';
import { type Picture, pictures } from './picture.js';
import { python } from './tools.js';
import type { Workshop } from './workshop.js';

/** Slots of every ring under test. */
const slots = 4;

/** A ring between two languages. */
export interface RingCase {
  readonly key: string;
  readonly from: 'Node' | 'C';
  readonly to: 'Node' | 'C' | 'Python';
  /** Whether the pixels lie elsewhere and are copied in, instead of being made in place. */
  readonly copy?: boolean;
}

/** The rings under test; those with Python need numpy. */
export const ringCases: readonly RingCase[] = [
  { key: 'inPlaceNodeNode', from: 'Node', to: 'Node' },
  { key: 'inPlaceNodePython', from: 'Node', to: 'Python' },
  { key: 'inPlaceCNode', from: 'C', to: 'Node' },
  { key: 'inPlaceCC', from: 'C', to: 'C' },
  { key: 'oneCopyNodeNode', from: 'Node', to: 'Node', copy: true },
  { key: 'oneCopyNodePython', from: 'Node', to: 'Python', copy: true },
];

/** A ring under test. Its producer is ready first. */
export function ringContender(
  workshop: Workshop,
  { key, from, to, copy = false }: RingCase,
  picture: Picture,
  { ringFrames: frames, warmUp: most }: Effort,
): Contender {
  // A copy is timed together with others: its warming up takes as long as three rounds.
  const warmUp = copy ? 3 * frames : Math.ceil(most * (pictures['1080p'].bytes / picture.bytes));
  const ring = workshop.ring(`${key}-${picture.name}`);
  const intervalMs = 3;
  const { spec, bytes, code } = picture;
  const plan = JSON.stringify({ ring, spec, bytes, slots, frames, intervalMs, warmUp, copy });
  const words = [ring, code, spec.width, spec.height, slots, frames, intervalMs, warmUp].map(String);
  const producer: Program =
    from === 'C'
      ? { command: workshop.program('ring_producer.c'), args: words }
      : { command: process.execPath, args: [programPath('ring-producer.mjs'), plan] };
  const consumers: Record<RingCase['to'], () => Program> = {
    C: () => ({ command: workshop.program('ring_consumer.c'), args: [ring, String(frames), String(warmUp)] }),
    Node: () => ({ command: process.execPath, args: [programPath('ring-consumer.mjs'), plan] }),
    Python: () => ({ command: python ?? 'python3', args: ['-u', programPath('ring_consumer.py'), plan] }),
  };
  const label = `ring, ${copy ? 'one copy' : 'in place'}, ${from} -> ${to}`;
  return { key, label, frames, intervalMs, order: ['producer', 'consumer'], programs: [producer, consumers[to]()] };
}

/** The yardstick: one wake through a futex in C, with no frame at all. */
export function futexContender(workshop: Workshop, frames: number): Contender {
  const intervalMs = 3;
  const cores = [coreOf?.producer ?? -1, coreOf?.consumer ?? -1];
  const program = { command: workshop.program('futex_wake.c'), args: [frames, intervalMs, ...cores].map(String) };
  const label = 'futex wake, C -> C, no frame';
  return { key: 'cFutexWake', label, frames, intervalMs, order: ['producer', 'consumer'], programs: [program] };
}
