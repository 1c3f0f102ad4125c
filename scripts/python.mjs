/** Which Python the tests use. */
import { spawnSync } from 'node:child_process';

/** Modules that tests import; the first is needed by Framelane's Python package itself. */
export const pythonModules = ['numpy', 'PIL', 'cv2'];

/** Debian's modules belong to Debian's Python, which need not be the first on the path. */
const candidates = [process.env.FRAMELANE_PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined);

function modulesOf(python) {
  const script = `import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        print(name)
    except ImportError:
        pass`;
  const { status, stdout } = spawnSync(python, ['-c', script, ...pythonModules], { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : undefined;
}

/**
 * The Python with the most of these modules, numpy above all. `program` is undefined when there is no Python at all.
 */
export function pickPython() {
  const worth = ({ modules }) => modules.length + (modules.includes('numpy') ? pythonModules.length : 0);
  return candidates
    .map((program) => ({ program, modules: modulesOf(program) }))
    .filter(({ modules }) => modules !== undefined)
    .reduce((best, next) => (best.program === undefined || worth(next) > worth(best) ? next : best), {
      program: undefined,
      modules: [],
    });
}
