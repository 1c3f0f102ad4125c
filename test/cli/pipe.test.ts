import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { verifyCounterFrame } from '../../src/endpoints/counter-pattern.js';
import { frameOver } from '../../src/frame/index.js';
import { temporaryFolder } from '../endpoints/files.js';
import { pythonWith } from '../python.js';
import { ringFolder, ringsIn, run, start, until, untilPrinted } from './run.js';

const rings = ringFolder();
const folder = temporaryFolder();
const python = pythonWith('numpy') ?? '';
const withPython = test.skipIf(python === '');
const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;

function script(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const sums = script(
  'sums.py',
  `
import framelane
with framelane.subscribe() as frames:
    for frame in frames:
        print(frame.array.astype("u8").sum(), flush=True)
`,
);

/** Reads on for ever; says when it has its first frame. */
const endless = script(
  'endless.py',
  `
import framelane
for number, frame in enumerate(framelane.subscribe()):
    if number == 0: print("reading", flush=True)
`,
);

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

withPython('every frame reaches the command when the ring is lossless', async () => {
  const { code, stdout } = await run(
    rings,
    'pipe',
    'test:64x48?fps=0&frames=300',
    '--lossless',
    '--',
    python,
    '-m',
    'framelane.counter',
  );
  expect(code).toBe(0);
  expect(JSON.parse(lastLine(stdout))).toMatchObject({ frames: 300, verified: 300, missed: 0, done: true });
  expect(ringsIn(rings)).toEqual([]);
});

test.skipIf(python === '' || !hasFfmpeg)('the sums of a clip are those of ffmpeg, frame by frame', async () => {
  const clip = path.join(folder, 'clip.mp4');
  const make = ['-f', 'lavfi', '-i', 'testsrc2=size=162x90:rate=25:duration=1', '-pix_fmt', 'yuv420p', '-y', clip];
  spawnSync('ffmpeg', ['-v', 'error', ...make]);
  const raw = spawnSync('ffmpeg', ['-v', 'error', '-i', clip, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], {
    maxBuffer: 1 << 24,
  }).stdout;
  const frameBytes = 162 * 90 * 3;
  const expected = Array.from({ length: raw.length / frameBytes }, (_, frame) =>
    raw.subarray(frame * frameBytes, (frame + 1) * frameBytes).reduce((sum, byte) => sum + byte, 0),
  );
  const { code, stdout } = await run(rings, 'pipe', `file:${clip}`, 'shm:clip', '--lossless', '--', python, sums);
  expect(code).toBe(0);
  expect(stdout.trim().split('\n').map(Number)).toEqual(expected);
  expect(expected).toHaveLength(25);
});

test('--stats json is the last line, with the promised fields', async () => {
  const { code, stdout, stderr } = await run(
    rings,
    'pipe',
    'test:32x32?fps=0',
    'null:',
    '--frames',
    '50',
    '--stats',
    'json',
  );
  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    frames: 50,
    bytes: 50 * 32 * 32 * 3,
    seconds: expect.any(Number),
    dropped: 0,
    latency_us: { p50: expect.any(Number), p99: expect.any(Number) },
    cpu_seconds: expect.any(Number),
  });
});

test('pixels on standard output come alone; the statistics go to standard error', async () => {
  const running = start(rings, ['pipe', 'test:16x8?fps=0&frames=3', 'raw:-', '--stats', 'json']);
  const { code, stdout, stderr } = await running.outcome;
  expect(code).toBe(0);
  const pixels = Buffer.from(stdout, 'latin1');
  const numbers = [0, 1, 2].map((index) =>
    verifyCounterFrame(
      frameOver({ format: 'rgb24', width: 16, height: 8 }, pixels.subarray(index * 384, (index + 1) * 384)),
    ),
  );
  expect(numbers).toEqual([1, 2, 3]);
  expect(pixels.length).toBe(3 * 384);
  expect(JSON.parse(stderr)).toMatchObject({ frames: 3 });
});

test('raw pixels on standard input go through', async () => {
  const out = path.join(folder, 'stdin.raw');
  const { child, outcome } = start(rings, ['pipe', 'raw:-?size=10x10&format=gray8', `raw:${out}`]);
  const pixels = Buffer.from(Array.from({ length: 500 }, (_, index) => index & 255));
  for (let at = 0; at < 500; at += 70) child.stdin?.write(pixels.subarray(at, at + 70));
  child.stdin?.end();
  expect((await outcome).code).toBe(0);
  expect(readFileSync(out).equals(pixels)).toBe(true);
});

test('standard input that says nothing does not keep an interrupted pipe', async () => {
  const { child, outcome } = start(rings, ['pipe', 'raw:-?size=10x10&format=gray8', 'shm:idle']);
  await until(() => ringsIn(rings).length === 1);
  child.kill('SIGINT');
  expect((await outcome).code).toBe(130);
  expect(ringsIn(rings)).toEqual([]);
});

withPython('the exit code of the command becomes ours', async () => {
  const leaves = `import framelane, sys\nfor frame in framelane.subscribe(): sys.exit(7)`;
  const { code, stderr } = await run(rings, 'pipe', 'test:16x16', '--lossless', '--', python, '-c', leaves);
  expect(code).toBe(7);
  expect(stderr).toMatch(/the command ended with exit code 7/);
  expect(ringsIn(rings)).toEqual([]);
});

withPython('a command that ends content ends the pipe content', async () => {
  const leaves = `import framelane, sys\nfor frame in framelane.subscribe(): sys.exit(0)`;
  const { code, stderr } = await run(rings, 'pipe', 'test:16x16', 'shm:content', '--', python, '-c', leaves);
  expect([code, stderr]).toEqual([0, '']);
});

test('a command that never reads is an error when nothing may be lost', async () => {
  for (const [program, code] of [
    ['true', 1],
    ['false', 1],
    ['exit 9', 9],
  ] as const) {
    const outcome = await run(rings, 'pipe', 'test:16x16', '--lossless', '--', 'sh', '-c', program);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(/before it read from the ring \(CHILD_FAILED\)/);
  }
  expect(ringsIn(rings)).toEqual([]);
});

withPython('a short source waits for a command that is slow to start', async () => {
  const slow =
    'import time; time.sleep(0.5)\nimport framelane\nprint(sum(1 for frame in framelane.subscribe(start="oldest")))';
  const { code, stdout } = await run(rings, 'pipe', 'test:16x16?fps=0&frames=3', 'shm:slow', '--', python, '-c', slow);
  expect(code).toBe(0);
  expect(Number(stdout)).toBe(3);
});

test('a command that is not there is said to be missing', async () => {
  const { code, stderr } = await run(rings, 'pipe', 'test:16x16', 'shm:x', '--', 'no-such-program');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^framelane: cannot start no-such-program.*\(TOOL_MISSING\)\n$/);
  expect(ringsIn(rings)).toEqual([]);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  withPython(`${signal} ends pipe and command, and leaves nothing`, async () => {
    const running = start(rings, ['pipe', 'test:160x120', '--lossless', '--', python, endless]);
    await untilPrinted(running, 'reading');
    running.child.kill(signal);
    expect((await running.outcome).code).toBe(code);
    expect(ringsIn(rings)).toEqual([]);
  });
}

test('a command that does not listen to signals is killed at the second one', async () => {
  const deaf = `trap '' INT TERM; echo started; while true; do sleep 0.1; done`;
  const running = start(rings, ['pipe', 'test:16x16', 'shm:deaf', '--', 'sh', '-c', deaf]);
  await untilPrinted(running, 'started');
  running.child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 300));
  running.child.kill('SIGINT');
  expect((await running.outcome).code).toBe(130);
  expect(ringsIn(rings)).toEqual([]);
});

withPython('a killed command ends the pipe, with the code of the signal', async () => {
  const dies = 'import framelane, os, signal\nfor frame in framelane.subscribe(): os.kill(os.getpid(), signal.SIGKILL)';
  const { code } = await run(rings, 'pipe', 'test:160x120?fps=0', '--lossless', '--', python, '-c', dies);
  expect(code).toBe(128 + 9);
  expect(ringsIn(rings)).toEqual([]);
});

withPython('a source that fails ends the command, and the failure is told', async () => {
  const cut = path.join(folder, 'cut.raw');
  writeFileSync(cut, Buffer.alloc(250));
  const { code, stdout, stderr } = await run(
    rings,
    'pipe',
    `raw:${cut}?size=10x10&format=gray8`,
    '--lossless',
    '--',
    python,
    sums,
  );
  expect(code).toBe(1);
  expect(stdout.trim().split('\n')).toEqual(['0', '0']);
  expect(stderr).toMatch(/at byte 200.*\(TRUNCATED\)/);
});

test('a lossless ring without a reader holds its frames back, and says so', async () => {
  const running = start(rings, ['pipe', 'test:16x16?fps=0&frames=5', 'shm:held', '--lossless', '--stats', 'json']);
  await until(() => ringsIn(rings).includes('framelane.held'));
  await new Promise((resolve) => setTimeout(resolve, 1300));
  const reader = await run(rings, 'pipe', 'shm:held', 'null:', '--stats', 'json');
  expect(JSON.parse(reader.stdout)).toMatchObject({ frames: 5, dropped: 0 });
  const { stdout, stderr } = await running.outcome;
  expect(JSON.parse(stdout)).toMatchObject({ frames: 5 });
  expect(stderr).toBe('framelane: waiting for the first reader of shm:held\n');
});

test.each([
  [['pipe', 'tset:', 'null:'], /no source is called "tset:"; did you mean "test:"\?.*\(UNKNOWN_SCHEME\)/],
  [['pipe', 'test:', 'nul:'], /no sink is called "nul:"; did you mean "null:"\?/],
  [['pipe', 'png:x', 'null:'], /png: cannot be read from/],
  [['pipe', 'test:?fsp=3', 'null:'], /did you mean "fps"\?.*\(BAD_URI\)/],
  [['pipe', 'test:', 'null:', '--frmes', '3'], /unknown option '--frmes'.*Did you mean --frames\?/],
  [['pipe', 'test:', 'null:', '--frames', 'many'], /a whole number/],
  [['pipe', 'test:', 'null:', '--stats', 'xml'], /Allowed choices are json/],
  [['pipe', 'test:'], /name a sink/],
  [['pipe'], /missing required argument/],
  [['pip'], /unknown command 'pip'.*Did you mean pipe\?/],
  [['pipe', 'test:', 'shm:a/b'], /cannot name a ring/],
])('%j is refused in one line, with what was meant', async (words, message) => {
  const { code, stderr } = await run(rings, ...words);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^framelane: /);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect([1, 2]).toContain(code);
  expect(ringsIn(rings)).toEqual([]);
});
