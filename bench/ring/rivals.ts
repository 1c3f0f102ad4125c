import { type Program, programPath } from './child.js';
import type { Contender } from './contender.js';
import type { Picture } from './picture.js';
import { noPython, python } from './tools.js';
import type { Workshop } from './workshop.js';

/** A rival, or why it cannot run here. */
export type Rival = Contender | { readonly label: string; readonly skipped: string };

interface Pace {
  readonly frames: number;
  readonly intervalMs: number;
}

/** Ms from one frame to the next: more than the rival needs for one, so that none waits for the one before. */
function pace(picture: Picture, frames: number, msPerMegabyte: number): Pace {
  return { frames, intervalMs: Math.ceil(3 + (picture.bytes / 1e6) * msPerMegabyte) };
}

const node = (file: string, plan: object, descriptor?: number): Program => ({
  command: process.execPath,
  args: [programPath(file), JSON.stringify(plan)],
  descriptor,
});

/** A program of Node for either side; the consumer is ready first. */
function twoSides(key: string, label: string, file: string, plan: object, paced: Pace, descriptor?: number): Contender {
  const side = (role: string) => node(file, { ...plan, ...paced, role }, descriptor);
  return { key, label, ...paced, order: ['consumer', 'producer'], programs: [side('consumer'), side('producer')] };
}

/** One program that starts its own other half. */
function parentAndChild(key: string, label: string, program: Program, paced: Pace): Contender {
  return { key, label, ...paced, order: ['producer', 'consumer'], programs: [program] };
}

async function zeromq(workshop: Workshop, picture: Picture, frames: number): Promise<Rival> {
  const label = 'ZeroMQ ipc (npm zeromq), Node -> Node';
  try {
    await import('zeromq');
  } catch (error) {
    return { label, skipped: `npm package zeromq does not load: ${(error as Error).message}` };
  }
  const plan = { bytes: picture.bytes, path: workshop.path(`zeromq-${picture.name}`) };
  return twoSides('zeromq', label, 'zeromq.mjs', plan, pace(picture, frames, 1));
}

function fromPython(key: string, label: string, file: string, plan: object, paced: Pace): Rival {
  if (python === undefined) return { label, skipped: noPython };
  const args = ['-u', programPath(file), JSON.stringify({ ...plan, ...paced })];
  return parentAndChild(key, label, { command: python, args }, paced);
}

/** Everything else that moves frames between processes. */
export async function rivals(workshop: Workshop, picture: Picture, frames: number): Promise<Rival[]> {
  const { bytes, name } = picture;
  const byPath = { bytes, path: workshop.path(`socket-${name}`) };
  const block = workshop.block(`block-${name}`);
  const ipc = pace(picture, frames, 2);
  return [
    twoSides('unixSocket', 'unix socket, Node -> Node', 'stream.mjs', byPath, pace(picture, frames, 1)),
    twoSides('pipe', 'pipe, Node -> Node', 'stream.mjs', { bytes }, pace(picture, frames, 1), workshop.pipe(name)),
    parentAndChild(
      'advancedIpc',
      'child_process advanced, Node -> Node',
      node('advanced-ipc.mjs', { bytes, ...ipc }),
      ipc,
    ),
    await zeromq(workshop, picture, frames),
    fromPython(
      'sharedMemory',
      'multiprocessing.shared_memory, Python -> Python',
      'python_shared_memory.py',
      { bytes, block },
      pace(picture, frames, 0.3),
    ),
    fromPython(
      'queue',
      'multiprocessing.Queue, Python -> Python',
      'python_queue.py',
      { bytes },
      pace(picture, Math.ceil(frames / 4), 6),
    ),
  ];
}
