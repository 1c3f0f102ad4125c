import { type Breakage, breakages } from './broken.js';
import type { Row } from './finding.js';
import { RingFolder } from './folder.js';
import { program, run } from './programs.js';

/** What the stepper and the race print. */
interface Report {
  readonly name: string;
  readonly points: number;
  readonly runs: number;
  readonly reached: number;
  readonly findings: number;
  readonly first: string;
}

/** How thoroughly single steps are tried. */
export interface StepOptions {
  /** Every how manieth instruction: 1 is all of them. */
  readonly stride: number;
  /** Chooses which of them, when it is not all. */
  readonly seed: number;
  /** Seconds of the race between two processors. */
  readonly raceSeconds: number;
}

async function ask(path: string, words: readonly string[], seconds: number): Promise<Report> {
  using folder = new RingFolder();
  const { out, code, signal, err } = await run(path, words, { seconds, env: folder.env });
  const left = folder.left;
  const failed = { name: words.join(' '), points: 0, runs: 1, reached: 0, findings: 1 };
  if (code !== 0 || out === '') return { ...failed, first: `ended with ${code ?? signal}: ${err.slice(0, 200)}` };
  const report = JSON.parse(out) as Report;
  // After a finding a ring may be left as it was found.
  return left.length > 0 && report.findings === 0 ? { ...failed, first: `left behind: ${left.join(' ')}` } : report;
}

/** Runs jobs, two at a time: the stepper's two processes take turns, so two of them fill two processors. */
async function inPairs<Job, Result>(jobs: readonly Job[], work: (job: Job) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const queue = jobs.entries();
  const worker = async () => {
    for (const [index, job] of queue) results[index] = await work(job);
  };
  await Promise.all([worker(), worker()]);
  return results;
}

async function subjects(stepper: string): Promise<[kind: string, name: string][]> {
  const { out } = await run(stepper, ['list'], { seconds: 10 });
  const lines = out.trim().split('\n');
  return lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

/** Every operation, killed and raced at every `stride`th instruction. */
export async function stepThrough({ stride, seed }: StepOptions): Promise<Row[]> {
  const stepper = await program('stepper');
  return inPairs(await subjects(stepper), async ([kind, name]) => {
    const report = await ask(stepper, [kind, name, String(stride), String(seed % stride)], 1200);
    const { points, runs, reached, findings } = report;
    // A run that took another branch than the recorded one (a clock, a lock) never stood at its point.
    const note = `${points} instructions, ${reached} runs stood at theirs`;
    return {
      campaign: 'ptrace',
      what: `${kind === 'kill' ? 'killed in' : 'raced'}: ${name}`,
      tried: runs,
      unit: 'runs',
      found: findings,
      note: findings > 0 ? report.first : note,
    };
  });
}

/** Runs the scene that shows a broken protocol; at every instruction, since a window may be one instruction wide. */
async function runBroken(breakage: Breakage): Promise<Report> {
  const { shownBy } = breakage;
  if (shownBy === 'race') return ask(await program('race', breakage), ['30'], 60);
  const space = shownBy.indexOf(' ');
  const scene = [shownBy.slice(0, space), shownBy.slice(space + 1)];
  return ask(await program('stepper', breakage), [...scene, '1', '0'], 600);
}

/** Each broken variant of the protocol must be found out. */
export async function catchBroken(only: readonly Breakage[] = breakages): Promise<Row[]> {
  const asRow = async (breakage: Breakage): Promise<Row> => {
    const { runs, findings, first } = await runBroken(breakage);
    const unit = breakage.shownBy === 'race' ? 'frames' : 'runs';
    return { campaign: 'broken', what: breakage.name, tried: runs, unit, found: findings, mustFind: true, note: first };
  };
  const raced = (breakage: Breakage) => breakage.shownBy === 'race';
  const rows = await inPairs(
    only.filter((breakage) => !raced(breakage)),
    asRow,
  );
  // One after the other: a race needs both processors.
  for (const breakage of only.filter(raced)) rows.push(await asRow(breakage));
  return rows;
}

/** The unbroken protocol on two processors at full speed. */
export async function raceUnbroken({ raceSeconds }: StepOptions): Promise<Row[]> {
  const { runs, findings, first } = await ask(await program('race'), [String(raceSeconds)], raceSeconds + 30);
  return [
    {
      campaign: 'race',
      what: 'producer and reader at full speed',
      tried: runs,
      unit: 'frames',
      found: findings,
      note: first,
    },
  ];
}
