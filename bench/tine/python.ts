import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const candidates = [process.env.FRAMELANE_PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined);
const hasRivals = (python: string) =>
  spawnSync(python, ['-c', 'import cv2, numpy, PIL'], { stdio: 'ignore' }).status === 0;

/** A Python process that decodes on demand and takes the time itself. */
export class PythonRivals implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  /** Versions of its packages. */
  readonly versions: Record<string, string>;

  private constructor(child: ChildProcess, reader: Interface, lines: AsyncIterator<string>, versions: string) {
    this.#child = child;
    this.#reader = reader;
    this.#lines = lines;
    this.versions = JSON.parse(versions) as Record<string, string>;
  }

  /** Starts it. Throws when no Python here has cv2, numpy and Pillow. */
  static async start(): Promise<PythonRivals> {
    const python = candidates.find(hasRivals);
    if (python === undefined) {
      throw new Error(
        'no Python with cv2, numpy and Pillow: apt-get install python3-opencv python3-pil, or set FRAMELANE_PYTHON',
      );
    }
    const script = fileURLToPath(new URL('./rivals.py', import.meta.url));
    const child = spawn(python, ['-u', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const reader = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    return new PythonRivals(child, reader, lines, await nextLine(lines));
  }

  /** Milliseconds of each of `times` decodes; undefined where the rival does not do that kind. */
  async measure(rival: string, kind: string, file: string, times: number): Promise<number[] | undefined> {
    this.#child.stdin?.write(`${JSON.stringify({ rival, kind, file, times })}\n`);
    const seconds = JSON.parse(await nextLine(this.#lines)) as number[] | null;
    return seconds?.map((value) => value * 1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.stdin?.end();
    this.#reader.close();
    await gone;
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('the Python process ended');
  return value as string;
}
