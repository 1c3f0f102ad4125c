import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { FramelaneError } from '../error.js';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Its name changes with its content, so a browser may keep it for ever. */
  readonly immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/**
 * The built page, read into memory once. Requests are looked up in this table and never touch the file system, so no path
 * leads out of the folder. Throws `IO` when the page was not built.
 */
export function loadAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const name of filesBelow(folder)) {
    const type = types[path.extname(name)];
    if (type === undefined) continue;
    const bytes = readFileSync(path.join(folder, name));
    assets.set(`/${name}`, { type, bytes, immutable: name.startsWith('assets/') });
  }
  const start = assets.get('/index.html');
  if (start === undefined) throw missing(folder);
  return assets.set('/', start);
}

function filesBelow(folder: string, prefix = ''): string[] {
  let names: string[];
  try {
    names = readdirSync(path.join(folder, prefix));
  } catch {
    throw missing(folder);
  }
  return names.flatMap((name) => {
    const file = `${prefix}${name}`;
    return statSync(path.join(folder, file)).isDirectory() ? filesBelow(folder, `${file}/`) : [file];
  });
}

function missing(folder: string): FramelaneError {
  return new FramelaneError('IO', `the live page is not in ${folder}: build it with npm run build`, {
    subject: folder,
  });
}
