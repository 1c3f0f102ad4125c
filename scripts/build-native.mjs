// Builds the addon with the machine's C++ compiler. The headers of N-API come from the package node-api-headers, so
// nothing is downloaded, and one binary loads in every Node from 20 on. Each source becomes an object of its own that is
// kept below build/, so only what changed is compiled again; nothing is done when the addon is up to date.
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
const compiler = process.env.CXX ?? 'g++';
const flags = ['-std=c++20', '-O2', '-g', '-fPIC', '-fvisibility=hidden', '-pthread', '-Wall', '-Wextra'];
const folders = ['native/core', 'native/napi'];
const includes = [headers, ...['include', ...folders].map((folder) => join(root, folder))].map((path) => `-I${path}`);
const target = join(root, 'dist/native/framelane.node');
const objects = join(root, 'build/native');

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

/** The files that an object was made of, as the compiler noted them: its source and every header. */
async function ingredients(object) {
  const note = await readFile(`${object}.d`, 'utf8').catch(() => undefined);
  return note?.replaceAll('\\\n', ' ').split(':').slice(1).join(':').trim().split(/\s+/);
}

async function isCurrent(object) {
  const files = await ingredients(object);
  if (files === undefined) return false;
  const ages = await Promise.all([...files, fileURLToPath(import.meta.url)].map(ageOf));
  return Math.min(...ages) > 0 && Math.max(...ages) <= (await ageOf(object));
}

async function compile(source, object) {
  if (await isCurrent(object)) return;
  const fresh = `${object}.${process.pid}`;
  await mkdir(dirname(object), { recursive: true });
  const notes = ['-MMD', '-MF', `${object}.d`];
  await run(compiler, [...flags, '-DNAPI_VERSION=8', ...includes, ...notes, '-c', '-o', fresh, source]);
  await rename(fresh, object);
}

const names = await Promise.all(
  folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => join(root, folder, name))),
);
const sources = names.flat().filter((file) => file.endsWith('.cc'));
const pairs = sources.map((source) => [source, join(objects, `${relative(root, source).replaceAll('/', '-')}.o`)]);

// As many compilers at a time as there are processors.
const queue = [...pairs];
const worker = async () => {
  for (let pair = queue.shift(); pair !== undefined; pair = queue.shift()) await compile(...pair);
};
await Promise.all(Array.from({ length: availableParallelism() }, worker));

// A source that is gone leaves no newer object behind: the folders' own times tell.
const built = await Promise.all(
  [...pairs.map(([, object]) => object), ...folders.map((folder) => join(root, folder))].map(ageOf),
);
if (Math.max(...built) > (await ageOf(target))) {
  await mkdir(dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  // Linked aside and renamed: a process that has the old one loaded keeps it.
  await run(compiler, [...flags, '-shared', '-o', fresh, ...pairs.map(([, object]) => object)]);
  await rename(fresh, target);
}
