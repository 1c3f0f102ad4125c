// Builds the live page with vite into dist/viewer. Nothing is done when it is newer than everything it is made of.
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** What the page is made of: its own files, the rooms it shares with the library, and the tools. */
const ingredients = [
  'viewer',
  'src/frame',
  'src/view/wire.ts',
  'src/error.ts',
  'package-lock.json',
  'scripts/build-viewer.mjs',
];
const target = join(root, 'dist/viewer/index.html');

const ageOf = async (file) => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;

async function newestIn(path) {
  const entries = await readdir(path, { recursive: true }).catch(() => []);
  const ages = await Promise.all([path, ...entries.map((entry) => join(path, entry))].map(ageOf));
  return Math.max(...ages);
}

const newest = Math.max(...(await Promise.all(ingredients.map((path) => newestIn(join(root, path))))));
if (newest > (await ageOf(target))) {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'viewer/vite.config.ts'), logLevel: 'warn' });
}
