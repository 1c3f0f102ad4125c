import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package; this file is two folders below it, compiled or not. */
export const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/** The folder that holds the Python package. */
export const pythonFolder = path.join(packageFolder, 'python');

/** The environment with the Python package on its path, in front of what is there. */
export function pythonEnvironment(): NodeJS.ProcessEnv {
  const before = process.env.PYTHONPATH ?? '';
  const joined = before === '' ? pythonFolder : `${pythonFolder}${path.delimiter}${before}`;
  return { ...process.env, PYTHONPATH: joined };
}

/** The version in package.json. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')).version;
}
