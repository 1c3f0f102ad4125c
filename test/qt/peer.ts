import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { root } from '../c/compiler.js';

/** The major versions of Qt that are tested. */
export const qtVersions = ['5', '6'] as const;
export type QtVersion = (typeof qtVersions)[number];

/** Flags for g++, or undefined where that Qt is not installed. */
export function qtFlags(version: QtVersion): string[] | undefined {
  const { status, stdout } = spawnSync('pkg-config', ['--cflags', '--libs', `Qt${version}Gui`], { encoding: 'utf8' });
  return status === 0 ? ['-fPIC', ...stdout.trim().split(/\s+/)] : undefined;
}

const age = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Compiles a program of this folder, unless that was done since its sources changed. Returns its path. */
export function qtProgram(source: string, version: QtVersion, flags: readonly string[]): string {
  const program = join(root, 'build', 'qt', `${source.replace('.cpp', '')}-qt${version}`);
  const file = join(root, 'test/qt', source);
  const sources = [file, ...readdirSync(join(root, 'include')).map((name) => join(root, 'include', name))];
  if (age(program) > Math.max(...sources.map(age))) return program;
  mkdirSync(join(root, 'build', 'qt'), { recursive: true });
  const fresh = `${program}.${process.pid}`;
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  const words = ['-std=c++17', '-O1', ...warnings, `-I${root}include`, `-I${root}test/c`, '-o', fresh, file, ...flags];
  const { status, stderr } = spawnSync('g++', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`g++ ${source}: ${stderr}`);
  renameSync(fresh, program);
  return program;
}

/** A temporary folder of this test file's own, in which Qt and Framelane keep their key files. */
export function ownTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'framelane-qt-'));
  process.env.TMPDIR = folder;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The key files in a folder: what is left behind. */
export const keyFiles = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('qipc_'));

/** An image as the peer has it, in the format in which Framelane shows it. */
export interface PeerImage {
  readonly format: number;
  readonly width: number;
  readonly height: number;
  /** Rows without padding. */
  readonly pixels: Buffer;
}

/** A program under way that obeys orders, one a line. */
export class Peer implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;
  #complaints = '';
  /** The lines of the `until` that is under way, or of the last one. */
  heard: string[] = [];

  constructor(program: string, ...words: string[]) {
    this.child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr?.on('data', (text) => {
      this.#complaints += text;
    });
    this.#ended = new Promise((resolve) => this.child.once('close', resolve));
    this.#lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** Its lines up to a word. Throws with its complaints when it ends before. */
  async until(word: string): Promise<string[]> {
    const lines: string[] = [];
    this.heard = lines;
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done === true) throw new Error(`the peer ended: ${this.#complaints}`);
      if (value === word) return lines;
      lines.push(value);
    }
  }

  /** Gives an order and waits until it is done; the images it printed. */
  async order(word: string): Promise<PeerImage[]> {
    this.child.stdin?.write(`${word}\n`);
    return (await this.until('done')).map(imageOf);
  }

  /** The images that a peer started with `put` has written. */
  async images(): Promise<PeerImage[]> {
    return (await this.until('ready')).map(imageOf);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  /** Ends it the way it wants to end. */
  async end(): Promise<void> {
    this.child.stdin?.end();
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

function imageOf(line: string): PeerImage {
  const [format, width, height, hex = ''] = line.split(' ');
  return { format: Number(format), width: Number(width), height: Number(height), pixels: Buffer.from(hex, 'hex') };
}

let count = 0;
/** A key that no other test uses. */
export const qtKey = () => `framelane test ${process.pid} ${count++}`;
