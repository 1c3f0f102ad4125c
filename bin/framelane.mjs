#!/usr/bin/env node
// Starts the command line; in a checkout that was not built yet it says so instead of failing on an import.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('framelane: not built yet: run `npm run build` in the checkout (needs g++)');
  process.exitCode = 1;
}
