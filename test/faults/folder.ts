import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A folder for rings of its own in shared memory, seen through $FRAMELANE_SHM_DIR; removed by `using`. */
export class RingFolder implements Disposable {
  readonly path = mkdtempSync(join(process.env.FRAMELANE_SHM_DIR || '/dev/shm', 'faults-'));

  /** Environment of a program that is to use it. */
  get env(): NodeJS.ProcessEnv {
    return { FRAMELANE_SHM_DIR: this.path };
  }

  /** What lies in it. */
  get left(): string[] {
    return readdirSync(this.path);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
