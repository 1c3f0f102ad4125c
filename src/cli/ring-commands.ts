import { FramelaneError } from '../error.js';
import { listRings, type RingStatus, removeRing } from '../ring/index.js';
import { exitCodes, reportError } from './exit-codes.js';
import { removeQt, removeStaleQt } from './qt-commands.js';
import { readableAge, readableBytes, textTable } from './table.js';

/** A ring's state as plain JSON. */
export function ringFacts(ring: RingStatus): Record<string, unknown> {
  const { problem, created, ...facts } = ring;
  return {
    ...facts,
    created: created.toISOString(),
    problem: problem === undefined ? null : { code: problem.code, message: problem.message },
  };
}

/** One word for what a ring's producer does. */
export function producerState(ring: RingStatus): string {
  if (ring.problem !== undefined) return ring.problem.code;
  if (ring.producerAlive) return `pid ${ring.pid}`;
  return ring.state === 'live' ? 'died' : ring.state;
}

const heading = ['NAME', 'PRODUCER', 'SIZE', 'SLOTS', 'READERS', 'FRAMES', 'DROPPED', 'MODE', 'AGE'];

function rowOf(ring: RingStatus): string[] {
  if (ring.problem !== undefined) return [ring.name, producerState(ring)];
  return [
    ring.name,
    producerState(ring),
    readableBytes(ring.bytes),
    String(ring.slots),
    String(ring.readers),
    String(ring.sequence),
    String(ring.dropped),
    ring.lossless ? 'lossless' : 'lossy',
    readableAge(Date.now() - ring.created.getTime()),
  ];
}

/** `framelane ls`. */
export function lsCommand(options: { readonly json?: boolean }): number {
  const rings = listRings();
  if (options.json === true) process.stdout.write(`${JSON.stringify(rings.map(ringFacts))}\n`);
  else if (rings.length > 0) process.stdout.write(textTable([heading, ...rings.map(rowOf)]));
  return exitCodes.ok;
}

/** `framelane rm`: goes on after one that cannot be removed. */
export function rmCommand(
  names: readonly string[],
  options: { readonly stale?: boolean; readonly force?: boolean },
): number {
  const stale = options.stale === true ? listRings().filter((ring) => !ring.producerAlive) : [];
  const wanted = new Set([...names.map((name) => name.replace(/^shm:/, '')), ...stale.map((ring) => ring.name)]);
  const failures = [...wanted].map((name) => removeOne(name, options.force ?? false));
  if (options.stale === true) failures.push(...removeStaleQt());
  return Math.max(exitCodes.ok, ...failures);
}

function removeOne(name: string, force: boolean): number {
  try {
    if (name.startsWith('qt:')) removeQt(name, force);
    else removeRing(name, { force });
    process.stdout.write(`removed ${name}\n`);
    return exitCodes.ok;
  } catch (error) {
    return reportError(busyHint(error));
  }
}

function busyHint(error: unknown): unknown {
  if (!(error instanceof FramelaneError) || error.code !== 'RING_BUSY') return error;
  const { subject } = error.details;
  return new FramelaneError('RING_BUSY', `ring "${subject}" has a live producer; stop it, or give --force`, {
    subject,
  });
}
