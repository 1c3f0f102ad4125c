import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitForReaders } from '../../src/endpoints/ring-readers.js';
import { allocateFrame, copyFrame, type PixelFormat } from '../../src/frame/index.js';
import { qtImageFormats } from '../../src/qt/index.js';
import { Publisher, Subscriber } from '../../src/ring/index.js';
import { root, run } from '../c/compiler.js';
import { missing, pythonWith } from '../python.js';
import { ringName } from '../ring/names.js';
import { Peer, qtFlags, qtProgram, qtVersions } from './peer.js';

const python = pythonWith('numpy');
const left = (ring: string) => existsSync(`/dev/shm/framelane.${ring}`);

describe.each(qtVersions)('framelane_qt.h with Qt %s', (version) => {
  const flags = qtFlags(version);
  if (flags === undefined) {
    it.skip(`no qtbase of Qt ${version}`);
    return;
  }
  const program = qtProgram('checks.cpp', version, [...flags, '-pthread']);
  const names = run(program).stdout.trim().split('\n');

  it('has checks', () => {
    expect(names.length).toBeGreaterThan(10);
  });

  it.each(names)('%s', (name) => {
    const ring = ringName();
    const { status, signal, stderr } = run(program, name, ring);
    const behind = left(ring);
    rmSync(`/dev/shm/framelane.${ring}`, { force: true });
    expect(stderr).toBe('');
    expect(signal ?? status).toBe(0);
    expect(behind).toBe(false);
  });

  it('sends images of every mapped format to other languages', async () => {
    const ring = ringName();
    const peer = new Peer(program, 'send', ring);
    const seen: string[] = [];
    using subscriber = await Subscriber.open(ring, { wait: 10_000 });
    for await (const frame of subscriber) {
      const format = qtImageFormats.indexOf(frame.metadata['qt.format'] as never);
      const pixels = Buffer.from(copyFrame(frame).data).toString('hex');
      seen.push(`${format} ${frame.width} ${frame.height} ${pixels}`);
      frame.release();
    }
    await expect(peer.until('the end')).rejects.toThrow();
    expect(seen.length).toBe(11);
    expect(peer.heard).toEqual(seen);
  });

  it('takes frames of other languages, rows without padding', async () => {
    const ring = ringName();
    const formats: [PixelFormat, number][] = [
      ['gray8', 24],
      ['gray16le', 28],
      ['rgb24', 13],
      ['bgr24', 29],
      ['rgba32', 17],
      ['bgra32', 5],
      ['bgrx32', 4],
    ];
    const publisher = Publisher.open(ring, { capacity: 1000, lossless: true });
    const peer = new Peer(program, 'receive', ring);
    await waitForReaders(publisher, 1);
    const sent: string[] = [];
    for (const [format, number] of formats) {
      const frame = allocateFrame({ format, width: 5, height: 3 });
      frame.data.set(frame.data.map((_, index) => 31 * index + number));
      await publisher.write(frame);
      sent.push(`${number} 5 3 ${Buffer.from(frame.data).toString('hex')}`);
    }
    publisher.close();
    await expect(peer.until('the end')).rejects.toThrow();
    expect(peer.heard).toEqual(sent);
  });

  const canBuild = python !== undefined && spawnSync('cmake', ['--version']).status === 0;
  it.skipIf(!canBuild)(
    canBuild ? 'examples/qt-sender' : `examples/qt-sender (no cmake, or ${missing('numpy')})`,
    async () => {
      const folder = join(root, 'build', 'qt', `sender-qt${version}`);
      const wanted = `-DQT_VERSION_MAJOR=${version}`;
      execFileSync('cmake', ['-S', 'examples/qt-sender', '-B', folder, wanted, '-Wno-dev'], { cwd: root });
      execFileSync('cmake', ['--build', folder], { cwd: root });
      const ring = ringName();
      const sending = spawn(join(folder, 'qt-sender'), [ring, '2']);
      const reader = join(root, 'examples/qt-sender/reader.py');
      const env = { ...process.env, PYTHONPATH: join(root, 'python') };
      const { stdout, stderr } = spawnSync(python as string, [reader, ring], {
        env,
        encoding: 'utf8',
        timeout: 30_000,
      });
      sending.kill();
      expect(stderr).toBe('');
      const lines = stdout.trim().split('\n');
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(line).toMatch(/^10 \(1080, 1920, 4\) RGB32 means( \d+\.\d){10}$/);
      expect(left(ring)).toBe(false);
    },
    60_000,
  );
});
