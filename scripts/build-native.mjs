// Builds the addon with the machine's C++ compiler. The headers of N-API come from the package node-api-headers, so
// nothing is downloaded, and one binary loads in every Node from 20 on. Does nothing when it is up to date.
import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
const compiler = process.env.CXX ?? 'g++';
const flags = ['-std=c++20', '-O2', '-g', '-fPIC', '-fvisibility=hidden', '-pthread', '-Wall', '-Wextra'];
const folders = ['native/core', 'native/napi', 'include'];
const target = join(root, 'dist/native/framelane.node');

const filesIn = async (folder) => (await readdir(join(root, folder))).map((name) => join(root, folder, name));
const ageOf = async (file) => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.on('error', (error) =>
      reject(
        error.code === 'ENOENT' ? new Error(`no C++ compiler "${command}": apt-get install g++, or set CXX`) : error,
      ),
    );
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} failed (exit ${code})`))));
  });
}

const files = (await Promise.all(folders.map(filesIn))).flat();
const ages = await Promise.all([...files, fileURLToPath(import.meta.url)].map(ageOf));
if (Math.max(...ages) > (await ageOf(target))) {
  await mkdir(dirname(target), { recursive: true });
  const sources = files.filter((file) => file.endsWith('.cc'));
  const includes = [
    `-I${headers}`,
    `-I${join(root, 'include')}`,
    `-I${join(root, 'native/core')}`,
    `-I${join(root, 'native/napi')}`,
  ];
  const fresh = `${target}.${process.pid}`;
  // Linked aside and renamed: a process that has the old one loaded keeps it.
  await run(compiler, [...flags, '-DNAPI_VERSION=8', ...includes, '-shared', '-o', fresh, ...sources]);
  await rename(fresh, target);
}
