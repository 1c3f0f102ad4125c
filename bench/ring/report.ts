import { coreOf } from './cores.js';
import type { Costs } from './costs.js';
import type { Fast4k } from './fast4k.js';
import type { GroupResult } from './groups.js';
import type { Growth } from './growth.js';
import type { Machine } from './machine.js';
import { describe } from './picture.js';
import { median, percentile, type Slope } from './statistics.js';

/** Everything that was measured. */
export interface Results {
  readonly machine: Machine;
  readonly groups: readonly GroupResult[];
  readonly costs: Readonly<Record<'c' | 'node', Costs>>;
  readonly growth: Growth;
  /** A string: why it was skipped. */
  readonly fast4k: Fast4k | string;
}

/** A number with as many digits as it deserves. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return rows.map((row) => `  ${line(row).trimEnd()}`).join('\n');
}

function groupText({ picture, measured, skipped }: GroupResult): string {
  const futex = median(measured.find(({ contender }) => contender.key === 'cFutexWake')?.figures.us ?? []);
  const head = ['', 'p50 us', 'p99 us', '/ futex', 'producer CPU us', 'consumer CPU us', 'frames'];
  const rows = measured.map(({ contender, figures }) => {
    const middle = median(figures.us);
    const cpu = [median(figures.producerCpu), median(figures.consumerCpu)];
    const numbers = [middle, percentile(figures.us, 0.99), middle / futex, ...cpu].map(short);
    return [contender.label, ...numbers, String(figures.us.length)];
  });
  const missing = skipped.map(({ label, reason }) => `  skipped: ${label}: ${reason}`);
  return [describe(picture), table([head, ...rows]), ...missing].join('\n');
}

function copyText({ picture, measured }: GroupResult): string[] {
  const { figures } = measured.find(({ contender }) => contender.key === 'oneCopyNodeNode') ?? {};
  if (figures === undefined) return [];
  const [write, memcpy, cached] = [figures.write, figures.memcpy, figures.cachedMemcpy].map(median) as [
    number,
    number,
    number,
  ];
  return [
    [`${picture.name}: write() of a frame`, short(write), short(write / memcpy)],
    [`${picture.name}: memcpy to as many warm buffers as slots`, short(memcpy), '1'],
    [`${picture.name}: memcpy to one buffer, in the cache if it fits`, short(cached), short(cached / memcpy)],
  ].map((row) => row.join('\t'));
}

const slopeText = ({ slope, within }: Slope) => `${slope.toFixed(3)} +- ${within.toFixed(3)}`;

function costText({ c, node }: Results['costs']): string {
  const row = (label: string, key: keyof Costs) => [label, short(c[key] ?? Number.NaN), short(node[key] ?? Number.NaN)];
  return table([
    ['calls, hot, ns', 'C', 'Node'],
    row('loan + publish + wake, 8 readers', 'publishWith8Readers'),
    row('pin + unpin', 'pinUnpin'),
    row('take + release of a frame', 'takeRelease'),
    row('take + pixels + release', 'takeLookRelease'),
  ]);
}

function growthText(growth: Growth): string {
  return table([
    [`a subscriber that takes ${growth.frames} frames of 1080p, a frame`, ''],
    ['resident memory, bytes', slopeText(growth.rss)],
    ['JavaScript memory held, bytes', slopeText(growth.heap)],
    ['external memory held, bytes', slopeText(growth.external)],
    ['collections per 1,000 frames, young / whole', `${short(growth.youngPer1000)} / ${short(growth.oldPer1000)}`],
  ]);
}

function fast4kText(fast4k: Results['fast4k']): string {
  if (typeof fast4k === 'string') return `  4K at 60 frames a second skipped: ${fast4k}`;
  const { frames, dropped, fps, producerCpuMs, readerCpuMs } = fast4k;
  const cpu = `CPU ms a frame: source ${short(producerCpuMs)}, reader ${short(readerCpuMs)}`;
  return `  4K rgb24 lossless, test: -> Python: ${frames} frames, ${dropped} dropped, ${fps.toFixed(2)} a second; ${cpu}`;
}

function machineText(machine: Machine): string {
  const { cpu, cores, kernel, node, python, load } = machine;
  return `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}, Python ${python}, load ${load.join(' ')}`;
}

/** The results for people. */
export function text(results: Results): string {
  const copies = results.groups.flatMap(copyText).map((row) => row.split('\t'));
  return [
    machineText(results.machine),
    'From the moment before it is published (sent) to its first pixel read by a consumer that slept: frames are paced,',
    'made just before that moment, contenders take turns. CPU is for a frame, and includes making it.',
    coreOf === undefined
      ? 'Producer and consumer run on any core.'
      : 'Producer and consumer each have a core of their own (but in child_process and multiprocessing).',
    '',
    ...results.groups.flatMap((group) => [groupText(group), '']),
    table([['one copy at the producer', 'CPU us', 'ratio'], ...copies]),
    '',
    costText(results.costs),
    '',
    growthText(results.growth),
    '',
    fast4kText(results.fast4k),
  ].join('\n');
}
