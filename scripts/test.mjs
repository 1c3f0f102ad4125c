/**
 * `npm test`: everything that must hold, by one command and on a fresh machine. Builds, sees to the tools that tests
 * need, runs the gate, the TypeScript, Python and C tests and the addon under each Node. Ends with what was skipped
 * and why, then one line: `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeOfMajor, otherNodeMajors } from './nodes.mjs';
import { pickPython } from './python.mjs';
import { provideTools } from './tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const deadline = Date.now() + 13 * 60_000;
const total = { passed: 0, failed: 0, skipped: 0, reasons: [] };

function add({ passed = 0, failed = 0, skipped = 0, reasons = [] }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  total.reasons.push(...reasons);
}

/** Runs a program in the repository, no stdin, stopped when the time for all tests is over. */
function run(program, args, { env = {}, minutes = 10, capture = false } = {}) {
  const timeout = Math.max(1, Math.min(minutes * 60_000, deadline - Date.now()));
  const output = capture ? 'pipe' : 'inherit';
  const result = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    encoding: 'utf8',
    timeout,
    maxBuffer: 64 << 20,
  });
  if (result.error) console.log(`${program} ${args.join(' ')}: ${result.error.message}`);
  return { ok: result.status === 0, text: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

function title(words) {
  console.log(`\n== ${words}`);
}

function build() {
  title('build');
  const { ok } = run('npm', ['run', '--silent', 'build'], { minutes: 5 });
  if (!ok) add({ failed: 1 });
  return ok;
}

function gate() {
  title('check');
  add(run(process.execPath, ['scripts/check.mjs']).ok ? { passed: 1 } : { failed: 1 });
}

function typeScriptTests(env) {
  title('TypeScript and C tests (vitest)');
  const file = `${root}build/counts.json`;
  mkdirSync(`${root}build`, { recursive: true });
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=./scripts/count-reporter.mjs'];
  const { ok } = run('node_modules/.bin/vitest', ['run', ...reporters], { env: { ...env, FRAMELANE_COUNTS: file } });
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { failed: 1 };
  // Whatever vitest is unhappy about that no test shows still fails the run.
  add(ok || counts.failed > 0 ? counts : { ...counts, failed: 1 });
}

/** Counts from what `python -m unittest -v` prints. */
function unittestCounts(text) {
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0);
  const ran = number(/^Ran (\d+) tests?/m);
  const failed = number(/failures=(\d+)/) + number(/errors=(\d+)/) + number(/unexpected successes=(\d+)/);
  const skipped = number(/skipped=(\d+)/);
  const reasons = [...text.matchAll(/^(.*)\.\.\. skipped ['"](.*)['"]$/gm)].map(
    ([, name, why]) => `python: ${name.trim()} (${why})`,
  );
  return { passed: Math.max(0, ran - failed - skipped), failed, skipped, reasons };
}

function pythonTests({ program, modules }) {
  if (!existsSync(`${root}python/tests`)) return add({ failed: 1 });
  title(`Python tests (${program ?? 'no Python'})`);
  if (program === undefined || !modules.includes('numpy')) {
    return add({ skipped: 1, reasons: ['all Python tests: no Python that can import numpy'] });
  }
  const words = ['-m', 'unittest', 'discover', '-v', '-s', 'python/tests'];
  const { ok, text } = run(program, words, { env: { PYTHONPATH: `${root}python` }, minutes: 4, capture: true });
  const counts = unittestCounts(text);
  console.log(ok ? text.trim().split('\n').slice(-3).join('\n') : text);
  // Finding no test at all is a failure too.
  const sound = (ok && counts.passed > 0) || counts.failed > 0;
  add(sound ? counts : { ...counts, failed: 1 });
}

/** The built package under this Node and the others that it promises to run on. */
function nodeVersions() {
  title('the addon under each Node');
  const nodes = [
    [process.version, process.execPath],
    ...otherNodeMajors.map((major) => [`v${major}`, nodeOfMajor(major)]),
  ];
  for (const [name, program] of nodes) {
    if (program === undefined) {
      const why = `node-linux-${process.arch}@${name.slice(1)} cannot be fetched from npm`;
      add({ skipped: 1, reasons: [`the addon under Node ${name} (${why})`] });
    } else {
      add(run(program, ['test/node-versions/smoke.mjs'], { minutes: 1 }).ok ? { passed: 1 } : { failed: 1 });
    }
  }
}

function runAll() {
  const missing = provideTools();
  const python = pickPython();
  const env = python.program === undefined ? {} : { FRAMELANE_PYTHON: python.program };
  if (build()) {
    gate();
    typeScriptTests(env);
    pythonTests(python);
    nodeVersions();
  }
  return missing;
}

const missing = runAll();
if (missing.length + total.reasons.length > 0) title('not tested here');
for (const line of [...missing, ...total.reasons]) console.log(line);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
