/**
 * The tools that tests compare Framelane with: what provides each on Debian, and how to see whether it is there.
 * This list is the only one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pickPython, pythonModules } from './python.mjs';

const runs = (program, ...args) => spawnSync(program, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;

/** Each tool: its name, its Debian packages, whether it is there, and what is skipped without it. */
const tools = [
  {
    name: 'ffmpeg',
    packages: ['ffmpeg'],
    present: () => runs('ffmpeg', '-version'),
    without:
      'the tests of file: and of encoded video, the comparison of YUV with ffmpeg, and those that send to ffmpeg over RTP',
  },
  {
    name: 'Python with numpy, Pillow and OpenCV',
    packages: ['python3-numpy', 'python3-pil', 'python3-opencv'],
    present: () => pickPython().modules.length === pythonModules.length,
    without: 'the tests against numpy, Pillow and OpenCV, or against those of them that are missing',
  },
  {
    name: 'GStreamer',
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-good'],
    present: () => runs('gst-launch-1.0', '--version') && runs('gst-inspect-1.0', 'rtph265depay'),
    without: 'the tests that send to GStreamer over RTP',
  },
  {
    name: 'GStreamer with SRTP',
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-bad'],
    present: () => runs('gst-inspect-1.0', 'srtpenc'),
    without: 'the tests that send SRTP to GStreamer and receive it from there',
  },
  {
    name: 'libsrtp2',
    packages: ['libsrtp2-dev'],
    present: () => existsSync('/usr/include/srtp2/srtp.h'),
    without: "the tests of SRTP against libsrtp2, and its benchmark's rival",
  },
  {
    name: 'tshark',
    packages: ['tshark'],
    present: () => runs('tshark', '--version'),
    without: "Wireshark's opinion of our RTP and RTCP packets",
  },
  {
    name: 'chromium',
    packages: ['chromium'],
    present: () => runs(process.env.FRAMELANE_CHROMIUM ?? '/usr/bin/chromium', '--version'),
    without: 'the tests of the live page in a browser',
  },
  {
    name: 'strace',
    packages: ['strace'],
    present: () => runs('strace', '-V'),
    without: 'counting system calls, and kernels that refuse trains of packets',
  },
  {
    name: 'ip and tc',
    packages: ['iproute2'],
    present: () => runs('ip', '-V') && runs('tc', '-V'),
    without: 'the tests of sockets on slow lines and cards of their own',
  },
  {
    name: 'spin',
    packages: ['spin'],
    present: () => runs('spin', '-V'),
    without: "the exhaustive search of the ring protocol's model",
  },
  {
    name: 'a compiler and an emulator for ARM',
    packages: ['g++-aarch64-linux-gnu', 'qemu-user'],
    present: () => runs('aarch64-linux-gnu-g++', '--version') && runs('qemu-aarch64', '--version'),
    without: 'the test of the NEON start-code search',
  },
  ...['5', '6'].map((version) => ({
    name: `Qt ${version} for C++`,
    packages: ['pkg-config', 'cmake', version === '5' ? 'qtbase5-dev' : 'qt6-base-dev'],
    present: () => runs('pkg-config', `Qt${version}Gui`) && runs('cmake', '--version'),
    without: `the tests of qt: and framelane_qt.h with programs of Qt ${version}`,
  })),
];

function canInstall() {
  return process.getuid?.() === 0 && runs('apt-get', '--version');
}

/** Quiet, without questions, giving up early on a machine without a network. */
function aptGet(...words) {
  const patience = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20', '-o', 'DPkg::Lock::Timeout=60'];
  const { status, stderr } = spawnSync('apt-get', ['-qq', '-y', ...patience, ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 240_000,
    maxBuffer: 16 << 20,
  });
  if (status !== 0) console.log(`apt-get ${words[0]} failed: ${stderr?.trim().split('\n').at(-1) ?? 'out of time'}`);
  return status === 0;
}

/**
 * Installs missing tools where that is possible. Returns one line for each that is still missing: what it is, what is
 * skipped without it, how to get it.
 */
export function provideTools() {
  const missing = tools.filter((tool) => !tool.present());
  if (missing.length > 0 && canInstall()) {
    const packages = missing.flatMap((tool) => tool.packages);
    console.log(`installing ${packages.join(' ')}`);
    const reached = aptGet('update');
    const installed = aptGet('install', '--no-install-recommends', ...packages);
    if (reached && !installed) {
      // One package that is not to be had must not cost the others.
      for (const name of packages) aptGet('install', '--no-install-recommends', name);
    }
  }
  return missing
    .filter((tool) => !tool.present())
    .map(({ name, packages, without }) => `no ${name} (apt-get install ${packages.join(' ')}): ${without}`);
}
