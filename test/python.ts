import { spawnSync } from 'node:child_process';

/** Modules that some test asks Python for. */
export type PythonModule = 'numpy' | 'PIL' | 'cv2';

function canImport(python: string, modules: readonly string[]): boolean {
  return spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0;
}

const candidates = [process.env.FRAMELANE_PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined);

/** The first Python that can import these modules, or undefined: such tests are skipped with {@link missing}. */
export function pythonWith(...modules: PythonModule[]): string | undefined {
  return candidates.find((python) => canImport(python, modules));
}

/** Why a test that needs them is skipped. */
export function missing(...modules: PythonModule[]): string {
  return `no Python that can import ${modules.join(' and ')}`;
}

/** Runs a script, bytes in, bytes out. Throws with Python's own words when it fails. */
export function runPython(python: string, script: string, input: Uint8Array, ...words: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(python, ['-c', script, ...words], { input, maxBuffer: 256 << 20 });
  if (status !== 0) throw new Error(`python: ${stderr?.toString()}`);
  return stdout;
}
