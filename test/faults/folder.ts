import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where rings lived when the program began: folders do not nest. */
const base = process.env.FRAMELANE_SHM_DIR || '/dev/shm';

/** A folder for rings of its own in shared memory, seen through $FRAMELANE_SHM_DIR; removed by `using`. */
export class RingFolder implements Disposable {
  static readonly #open = new Set<RingFolder>();

  static {
    // A campaign that is interrupted takes its folders with it.
    process.on('exit', () => {
      for (const folder of RingFolder.#open) folder[Symbol.dispose]();
    });
  }

  readonly path = mkdtempSync(join(base, 'faults-'));

  constructor() {
    RingFolder.#open.add(this);
  }

  /** Environment of a program that is to use it. */
  get env(): NodeJS.ProcessEnv {
    return { FRAMELANE_SHM_DIR: this.path };
  }

  /** Makes it this process's folder too, until that is disposed. */
  enter(): Disposable {
    const before = process.env.FRAMELANE_SHM_DIR;
    process.env.FRAMELANE_SHM_DIR = this.path;
    return {
      [Symbol.dispose]: () => {
        if (before === undefined) delete process.env.FRAMELANE_SHM_DIR;
        else process.env.FRAMELANE_SHM_DIR = before;
      },
    };
  }

  /** What lies in it. */
  get left(): string[] {
    return readdirSync(this.path);
  }

  [Symbol.dispose](): void {
    RingFolder.#open.delete(this);
    rmSync(this.path, { recursive: true, force: true });
  }
}
