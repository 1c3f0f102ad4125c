import { readFileSync } from 'node:fs';

/** Clock ticks a second of /proc: the same on every Linux that Node runs on. */
const ticks = 100;

/** Processor seconds, user and system, that a process has used so far. */
export function processSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Bytes of memory that a process has in use. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}
