import { spawnSync } from 'node:child_process';

/** The processors that this process may run on. */
function allowedCores(): number[] {
  const { stdout, status } = spawnSync('taskset', ['-pc', String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) return [];
  const ranges = (stdout.split(':').at(-1) ?? '').trim().split(',');
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

const cores = allowedCores();

/**
 * A core for the producer and another for the consumer, as in streaming, where both work: left to itself the kernel
 * often runs a woken consumer on the core that its producer is about to leave, which takes a third of the time, but
 * only where the producer has nothing else to do. undefined with a single core, or without taskset.
 */
export const coreOf: Readonly<Record<'producer' | 'consumer', number>> | undefined =
  cores.length >= 2 ? { producer: cores[0] as number, consumer: cores[1] as number } : undefined;
