import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Publisher, ringStatus, Subscriber } from '../../src/ring/index.js';
import { pythonWith } from '../python.js';
import { Dice } from './dice.js';
import type { Row } from './finding.js';
import { RingFolder } from './folder.js';
import { program } from './programs.js';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
type Role = 'produce' | 'every' | 'latest';
const languages = ['C', 'Node', 'Python'] as const;
type Language = (typeof languages)[number];

/** Longest life before the kill, in ms: a little more than it takes to be at work. */
const lives: Readonly<Record<Language, number>> = { C: 60, Node: 900, Python: 1200 };

/** What the campaign learns from all its processes. */
class Tally {
  kills: Record<Language, number> = { C: 0, Node: 0, Python: 0 };
  frames: Record<Language, number> = { C: 0, Node: 0, Python: 0 };
  findings: string[] = [];

  get killed(): number {
    return languages.reduce((sum, language) => sum + this.kills[language], 0);
  }
}

/** One process that produces or reads until it is killed. */
class Peer {
  readonly language: Language;
  readonly ended: Promise<void>;
  readonly killAt: number;
  readonly #child: ChildProcess;
  #killed = false;

  constructor(command: readonly string[], language: Language, life: number, env: NodeJS.ProcessEnv, tally: Tally) {
    this.language = language;
    this.killAt = performance.now() + life;
    const [tool = '', ...words] = command;
    this.#child = spawn(tool, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let complaint = '';
    this.#child.stdout?.on('data', (data) => {
      text += data;
      tally.frames[language] += 50 * (text.match(/^n 50\n/gm)?.length ?? 0);
      text = text.replace(/^n 50\n/gm, '');
    });
    this.#child.stderr?.on('data', (data) => {
      complaint += data;
    });
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        const ours = this.#killed && signal === 'SIGKILL';
        if (!ours || text.includes('BAD')) {
          tally.findings.push(
            `${language} ${words.slice(-3).join(' ')}: ended with ${code ?? signal}: ${text}${complaint.slice(-300)}`,
          );
        }
        resolve();
      });
    });
  }

  async kill(): Promise<void> {
    this.#killed = true;
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** A ring with a producer and three readers, each born again in some language when it was killed. */
class Ring {
  readonly roles: readonly Role[] = ['produce', 'every', 'every', 'latest'];
  readonly peers: Peer[] = [];
  sequence = 0;
  movedAt = performance.now();

  constructor(
    readonly name: string,
    readonly lossless: boolean,
    readonly start: (role: Role, ring: Ring) => Peer,
  ) {
    this.peers = this.roles.map((role) => start(role, this));
  }

  /** Kills those whose time has come. How many. */
  async reap(): Promise<Peer[]> {
    const due = this.peers
      .map((peer, index) => ({ peer, index }))
      .filter(({ peer }) => peer.killAt <= performance.now());
    for (const { peer, index } of due) {
      await peer.kill();
      this.peers[index] = this.start(this.roles[index] as Role, this);
    }
    return due.map(({ peer }) => peer);
  }

  /** Whether frames go on; twenty seconds without one are a hang, on a busy machine too. */
  stalled(): boolean {
    const { sequence } = ringStatus(this.name);
    if (sequence !== this.sequence) this.movedAt = performance.now();
    this.sequence = sequence;
    return performance.now() - this.movedAt > 20_000;
  }
}

/** LATEST must be the STATE of the slot that it names. */
function latestIsThere(file: string): boolean {
  const bytes = readFileSync(file);
  const latest = bytes.readBigUInt64LE(0x80);
  const slot = Number(latest & 0xffn) - 1;
  const table = Number(bytes.readBigUInt64LE(0x38));
  return latest === 0n || bytes.readBigUInt64LE(table + slot * 1024) === latest;
}

/** After all: a new producer goes on with the numbers, has every slot, and a reader gets its frames. */
async function audit(ring: Ring, folder: RingFolder): Promise<string[]> {
  const findings: string[] = [];
  const { name, lossless } = ring;
  const before = ringStatus(name).sequence;
  using publisher = Publisher.open(name, { capacity: 64 * 48, slots: 6, readers: 8, lossless });
  if (!latestIsThere(join(folder.path, `framelane.${name}`))) findings.push(`${name}: LATEST names no frame`);
  const spec = { format: 'gray8', width: 64, height: 48 } as const;
  const loans = Array.from({ length: 6 }, () => publisher.loan(spec)).filter((loan) => loan !== undefined);
  if (loans.length !== 5) findings.push(`${name}: ${loans.length} of 5 slots can be borrowed`);
  for (const loan of loans) loan.abandon();
  const readers = await Promise.all(
    Array.from({ length: 8 }, () => Subscriber.open(name, { from: 'newest', lossless: false })),
  );
  const number = publisher.loan(spec)?.publish() ?? 0;
  if (number <= before) findings.push(`${name}: frame ${number} after ${before}`);
  for (const reader of readers) {
    const frames = [reader.tryNext(), reader.tryNext()].filter((frame) => frame !== undefined);
    if (frames.at(-1)?.sequence !== number) findings.push(`${name}: a new reader does not get frame ${number}`);
    for (const frame of frames) frame.release();
    reader.close();
  }
  return findings;
}

async function commands(): Promise<Record<Language, readonly string[] | undefined>> {
  const python = pythonWith('numpy');
  return {
    C: [await program('peer')],
    Node: [process.execPath, path('./peer.mjs')],
    Python: python === undefined ? undefined : [python, path('./peer.py')],
  };
}

/** Kills producers and readers in all languages at random moments, so many times, on a lossy and a lossless ring. */
export async function killAtRandom(options: { readonly kills: number; readonly seed: number }): Promise<Row[]> {
  const dice = new Dice(options.seed);
  const tally = new Tally();
  const known = await commands();
  using folder = new RingFolder();
  const env = { ...folder.env, PYTHONPATH: path('../../python'), PYTHONDONTWRITEBYTECODE: '1' };
  const start = (role: Role, { name, lossless }: Ring): Peer => {
    const wanted = dice.pick<Language>(['C', 'C', 'C', 'C', 'Node', 'Python']);
    const language = known[wanted] === undefined ? 'C' : wanted;
    const words = [...(known[language] ?? []), role, name, lossless ? '1' : '0'];
    return new Peer(words, language, dice.below(lives[language]), env, tally);
  };
  using _here = folder.enter();
  const rings = [new Ring('lossy', false, start), new Ring('lossless', true, start)];
  await killLoop(rings, tally, options.kills);
  await Promise.all(rings.flatMap(({ peers }) => peers.map((peer) => peer.kill())));
  if (tally.findings.length === 0) {
    for (const ring of rings) tally.findings.push(...(await audit(ring, folder)));
    if (folder.left.length > 0) tally.findings.push(`left behind: ${folder.left.join(' ')}`);
  }
  return rows(tally, known.Python === undefined);
}

async function killLoop(rings: readonly Ring[], tally: Tally, kills: number): Promise<void> {
  while (tally.killed < kills && tally.findings.length === 0) {
    for (const ring of rings) {
      for (const peer of await ring.reap()) tally.kills[peer.language]++;
    }
    await pause(2);
    for (const ring of rings) {
      if (tally.killed > 50 && ring.stalled())
        tally.findings.push(`${ring.name}: no frame for 20 s after ${ring.sequence}`);
    }
  }
}

function rows(tally: Tally, noPython: boolean): Row[] {
  const made = languages.map((language) => {
    const skipped = language === 'Python' && noPython;
    const [kills, frames] = [tally.kills[language], tally.frames[language]];
    const note = skipped ? 'no Python that can import numpy' : `${frames.toLocaleString('en')} frames checked or made`;
    return {
      campaign: 'kill',
      what: `${language} peers killed -9`,
      tried: kills,
      unit: 'kills',
      found: 0,
      note,
      skipped,
    };
  });
  const [found, note] = [tally.findings.length, tally.findings[0] ?? ''];
  return [
    ...made,
    {
      campaign: 'kill',
      what: 'afterwards: torn, lost, repeated, hanging, left behind',
      tried: tally.killed,
      unit: 'kills',
      found,
      note,
    },
  ];
}
