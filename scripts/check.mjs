/**
 * `npm run check`: the whole gate that needs no build. One line a step; the output of a step only when it failed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));

/** Each step: its name, the program, its arguments. */
const steps = [
  ['types', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json', '--pretty', 'false']],
  ['types of the page', bin('tsc'), ['-p', 'viewer/tsconfig.json', '--pretty', 'false']],
  ['lint and format', bin('biome'), ['check', '--error-on-warnings', '--colors=off', '.']],
  ['import arrows', bin('vitest'), ['run', 'test/arrows.test.ts', '--reporter=dot', '--no-color']],
  ['documented exports', process.execPath, ['scripts/check-docblocks.mjs']],
];

function runStep([name, program, args]) {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const ok = status === 0;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(20)} ${seconds.padStart(5)} s`);
  if (!ok) console.log(`${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trimEnd());
  return ok;
}

const results = steps.map(runStep);
process.exitCode = results.every(Boolean) ? 0 : 1;
