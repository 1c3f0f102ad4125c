import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import os from 'node:os';
import { promisify } from 'node:util';
import { allocateFrame } from '../frame/frame.js';
import { native } from '../native.js';
import { listQtSegments } from '../qt/index.js';
import { listRings, Publisher, Subscriber } from '../ring/index.js';
import { type Check, fail, ok, warn } from './check.js';
import { checkIpv6, checkSocketBuffers, checkSrtp, checkTrains } from './doctor-network.js';
import { readableBytes } from './table.js';

const run = promisify(execFile);

/** What a check is called when it cannot say so itself. */
const checkNames = new Map<() => Check | Promise<Check>, string>([
  [checkSharedMemory, 'shared memory'],
  [checkLending, 'lent memory'],
  [checkSimd, 'simd'],
  [checkMemoryLock, 'locked memory'],
  [checkTrains, 'UDP trains'],
  [checkSocketBuffers, 'UDP buffers'],
  [checkSrtp, 'SRTP'],
  [checkLeftovers, 'leftover rings'],
  [checkQtLeftovers, 'leftover Qt memory'],
]);

/** Looks at everything Framelane uses; never throws. */
export async function runChecks(): Promise<Check[]> {
  const checks = [checkSystem, checkNode, checkSharedMemory, checkAddon, checkRing, checkLending, checkSimd];
  checks.push(
    checkMemoryLock,
    checkTrains,
    checkSocketBuffers,
    checkIpv6,
    checkSrtp,
    checkFfmpeg,
    checkPython,
    checkLeftovers,
    checkQtLeftovers,
  );
  const results: Check[] = [];
  for (const check of checks) results.push(await attempt(check));
  return results;
}

async function attempt(check: () => Check | Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    return fail(checkNames.get(check) ?? check.name, (error as Error).message, 'that must work first');
  }
}

function checkSystem(): Check {
  const found = `${os.type()} ${os.release()} ${os.arch()}, ${os.availableParallelism()} processors`;
  const fine = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  return fine ? ok('system', found) : fail('system', found, 'Framelane needs Linux on a 64-bit processor');
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > 20 || (major === 20 && minor >= 11);
  return fine ? ok('node', process.version) : fail('node', process.version, 'install Node 20.11 or newer');
}

/** A ring of 1080p colour with the usual 8 slots takes this much. */
const usualRingBytes = 8 * 1920 * 1080 * 3;

function checkSharedMemory(): Check {
  const folder = process.env.FRAMELANE_SHM_DIR ?? '/dev/shm';
  if (!isWritable(folder)) {
    return fail(
      'shared memory',
      `${folder}: not there, or not ours to write`,
      'mount a tmpfs there, or set FRAMELANE_SHM_DIR',
    );
  }
  const { blocks, bavail, bsize } = statfsSync(folder);
  const found = `${folder}: ${readableBytes(bavail * bsize)} free of ${readableBytes(blocks * bsize)}`;
  return bavail * bsize >= 2 * usualRingBytes
    ? ok('shared memory', found)
    : warn('shared memory', found, 'enlarge it: docker run --shm-size=2g, or mount -o remount,size=2g /dev/shm');
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function checkAddon(): Check {
  try {
    native();
    return ok('addon', 'loads');
  } catch (error) {
    return fail('addon', (error as Error).message, 'run `npm run build`');
  }
}

/** The whole way once: file locks, mapping, futex. */
async function checkRing(): Promise<Check> {
  const name = `doctor-${process.pid}`;
  try {
    using publisher = Publisher.open(name, { capacity: 64, slots: 4 });
    using subscriber = await Subscriber.open(name);
    const frame = allocateFrame({ format: 'gray8', width: 8, height: 8 });
    frame.data.fill(7);
    await publisher.write(frame);
    using seen = subscriber.tryNext();
    const fine = seen?.data.every((byte) => byte === 7) === true;
    return fine ? ok('ring', 'a frame went through') : fail('ring', 'a frame was lost', 'report it, please');
  } catch (error) {
    const advice = 'the file system of the rings must know OFD locks and O_TMPFILE: Linux 3.15 or newer, tmpfs';
    return fail('ring', (error as Error).message, advice);
  }
}

function checkLending(): Check {
  return native().lendsMemory()
    ? ok('lent memory', 'allowed: frames are read and written in place')
    : warn('lent memory', 'forbidden by this runtime: frames are copied once', 'use plain Node for in-place frames');
}

const usefulFlags = ['sse4_2', 'avx2', 'avx512bw', 'avx512vbmi', 'neon', 'asimd', 'sve', 'aes', 'sha_ni'];

function checkSimd(): Check {
  const [, flags = ''] = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
  const present = new Set(flags.trim().split(/\s+/));
  const found = usefulFlags.filter((flag) => present.has(flag));
  return found.length > 0
    ? ok('simd', found.join(' '))
    : warn('simd', 'none that is known', 'JPEG and picture conversion will be slow here');
}

function checkMemoryLock(): Check {
  const [, limit = 'unknown'] = /^Max locked memory\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return ok(
    'locked memory',
    limit === 'unlimited' ? limit : `at most ${readableBytes(Number(limit))}; rings need none`,
  );
}

async function checkFfmpeg(): Promise<Check> {
  try {
    const { stdout } = await run('ffmpeg', ['-version']);
    return ok('ffmpeg', /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'there');
  } catch {
    return warn('ffmpeg', 'not found: no file: sources', 'apt install ffmpeg');
  }
}

async function checkPython(): Promise<Check> {
  const script = 'import sys, numpy; print(sys.version.split()[0], "numpy", numpy.__version__)';
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const { stdout } = await run(python, ['-c', script]);
      return ok('python', `${stdout.trim()} (${python})`);
    } catch {
      // The next one.
    }
  }
  return warn('python', 'no python3 with numpy', 'apt install python3-numpy');
}

function checkLeftovers(): Check {
  const stale = listRings().filter((ring) => !ring.producerAlive);
  const bytes = stale.reduce((sum, ring) => sum + ring.bytes, 0);
  if (stale.length === 0) return ok('leftover rings', 'none');
  return warn('leftover rings', `${stale.length}, ${readableBytes(bytes)}`, 'remove them: framelane rm --stale');
}

function checkQtLeftovers(): Check {
  const stale = listQtSegments().filter(({ attached }) => attached === 0);
  const bytes = stale.reduce((sum, segment) => sum + segment.bytes, 0);
  if (stale.length === 0) return ok('leftover Qt memory', 'none');
  const names = stale.map(({ names }) => names.segment).join(', ');
  const found = `${stale.length} of killed programs, ${readableBytes(bytes)}: ${names}`;
  return warn('leftover Qt memory', found, 'remove them: framelane rm --stale, or rm qt:KEY for one');
}
