import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const notOurs = new Set(['.git', 'node_modules', 'dist', 'build', 'coverage', '__pycache__', '.venv']);

/** Paths of all files below a folder, relative to the repository, leaving out what is made or fetched. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (notOurs.has(entry.name)) return [];
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** A room of the house: what it may know of the others, of npm and of Node. */
interface Room {
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
  /** Pure rooms run in a browser: no `node:` modules, no Node globals. */
  readonly pure?: boolean;
}

const transports = ['frame', 'bytes', 'nal', 'rtp', 'srtp', 'jpeg', 'tine', 'ring', 'qt', 'net', 'native'];

/** CONTRIBUTING.md, in figures. Everybody may import error.ts and its own room. */
const rooms: Readonly<Record<string, Room>> = {
  error: { imports: [], pure: true },
  frame: { imports: [], packages: ['fast-png'], pure: true },
  bytes: { imports: [], pure: true },
  nal: { imports: ['frame', 'bytes'], pure: true },
  rtp: { imports: ['frame', 'nal', 'bytes'], pure: true },
  srtp: { imports: ['rtp', 'bytes'], pure: true },
  jpeg: { imports: ['frame', 'bytes'], packages: ['@julusian/jpeg-turbo'], pure: true },
  tine: { imports: ['frame', 'jpeg', 'bytes'], packages: ['fast-png'], pure: true },
  ring: { imports: ['frame', 'native'] },
  qt: { imports: ['frame', 'bytes', 'native'] },
  net: { imports: ['frame', 'nal', 'rtp', 'srtp', 'bytes', 'native'] },
  native: { imports: [] },
  endpoints: { imports: transports },
  view: { imports: [...transports, 'endpoints'] },
  cli: { imports: [...transports, 'endpoints', 'view', 'index'], packages: ['commander'] },
  index: { imports: [...transports, 'endpoints', 'view'] },
};

/** The files of pure rooms that open the door to native code: each is handed to the pure part, never imported by it. */
const nativeDoors = ['src/jpeg/turbo.ts'];

/** `src/frame/png.ts` is in room `frame`, `src/native.ts` is room `native`. */
const roomOf = (path: string): string => (path.split(sep)[1] as string).replace(/\.ts$/, '');

const sources = filesBelow('src').filter((path) => path.endsWith('.ts'));

function importsOf(path: string): string[] {
  return ts.preProcessFile(readFileSync(join(root, path), 'utf8')).importedFiles.map(({ fileName }) => fileName);
}

const isRelative = (specifier: string): boolean => specifier.startsWith('.');
const isNode = (specifier: string): boolean => specifier.startsWith('node:');

/** Imports of a source that its room does not allow, as lines to read. */
function forbiddenImports(path: string): string[] {
  const name = roomOf(path);
  const room = rooms[name];
  if (room === undefined) return [`${path}: room ${name} is not in CONTRIBUTING.md`];
  const allowed = new Set(['error', name, ...room.imports]);
  return importsOf(path)
    .filter((specifier) => {
      if (isRelative(specifier))
        return !allowed.has(roomOf(relative(root, join(root, dirname(path), specifier.replace(/\.js$/, '.ts')))));
      if (isNode(specifier)) return room.pure === true && !nativeDoors.includes(path);
      return !(room.packages ?? []).includes(specifier);
    })
    .map((specifier) => `${path} imports ${specifier}`);
}

/** Whether an identifier stands for a variable or type, and is not the name of a property or of a declaration. */
function isUse(node: ts.Identifier): boolean {
  return (node.parent as { name?: ts.Node }).name !== node || ts.isShorthandPropertyAssignment(node.parent);
}

/** Names of Node's globals that a file uses. Looking on `globalThis` whether there is one is fine. */
function nodeGlobals(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && /^(Buffer|process|require|__dirname|setImmediate)$/.test(node.text) && isUse(node)) {
      found.push(`${path} uses ${node.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('no room imports what CONTRIBUTING.md does not let it know', () => {
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.flatMap(forbiddenImports)).toEqual([]);
});

test('the page knows frames and messages, and nothing that only Node has', () => {
  const packages = ['preact', 'preact/hooks', 'uplot', 'uplot/dist/uPlot.min.css'];
  const ours = /^src\/(error|frame\/\w[\w-]*|view\/wire)\.ts$|^viewer\//;
  const forbidden = filesBelow('viewer/src')
    .filter((path) => /\.tsx?$/.test(path))
    .flatMap((path) => importsOf(path).map((specifier) => [path, specifier] as const))
    .filter(([path, specifier]) => {
      const file = relative(root, join(root, dirname(path), specifier.replace(/\.js$/, '.ts')));
      return isRelative(specifier) ? !ours.test(file) : !packages.includes(specifier);
    });
  expect(forbidden).toEqual([]);
  expect(importsOf('src/view/wire.ts')).toEqual([]);
});

test('pure rooms use no global that only Node has', () => {
  const pure = sources.filter((path) => rooms[roomOf(path)]?.pure === true && !nativeDoors.includes(path));
  expect(pure.length).toBeGreaterThan(0);
  expect(pure.flatMap(nodeGlobals)).toEqual([]);
});

test('no file names a path of one machine or a package registry', () => {
  // Put together here, so that this file does not name them either.
  const folders = ['work', 'root', 'home/[a-z]+'].join('|');
  const machine = new RegExp(
    `(^|[\\s"'\`(=:])/(${folders})/|${['registry', '(npmjs|yarnpkg|npmmirror)'].join('\\.')}`,
    'm',
  );
  const named = filesBelow('.').flatMap((path) => {
    const bytes = readFileSync(join(root, path));
    if (bytes.includes(0)) return []; // not text
    const hit = machine.exec(bytes.toString('utf8'));
    return hit === null ? [] : [`${path} names ${hit[0].trim()}`];
  });
  expect(named).toEqual([]);
});
