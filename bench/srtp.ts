/**
 * SRTP. Whole send: CPU seconds of the sending process for each gigabyte of RTP with a receiver of trains, plain and by
 * suite, against GStreamer's and ffmpeg's SRTP. Protecting alone: against libsrtp2 and node:crypto. Contenders take turns;
 * medians of the rounds.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchOptions } from './main.js';
import { machine } from './ring/machine.js';
import { median } from './ring/statistics.js';
import { type Cost, compiled, fileSenderCost, nodeCost, Receiver } from './rtp/rivals.js';
import { makeStream, type Stream } from './rtp/streams.js';

/** CPU seconds a gigabyte of each round, by contender. */
type Samples = Record<string, number[]>;

const here = (name: string): string => fileURLToPath(new URL(`./srtp/${name}`, import.meta.url));
const cmKey = randomBytes(30);
const gcmKey = randomBytes(28);

/** Measures and prints; see {@link BenchOptions}. */
export async function run(options: BenchOptions): Promise<void> {
  const before = machine();
  const folder = mkdtempSync(join(tmpdir(), 'framelane-bench-'));
  const rounds = options.quick ? 2 : 3;
  const size = options.quick ? 0.3 : 1;
  try {
    const send: Record<string, Record<string, number>> = {};
    for (const name of ['4k', '8k'] as const) {
      const samples = await measureSend(makeStream(name, folder), folder, rounds, size);
      send[name] = medians(samples);
      show(`send ${name}`, samples);
    }
    const alone = measureAlone(folder, rounds, size);
    show('alone', alone);
    const figures = summarise(send, medians(alone));
    for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(28)} ${value}`);
    if (options.json) {
      const cpuSecondsPerGB = { send, alone: medians(alone) };
      console.log(JSON.stringify({ bench: 'srtp', ...figures, cpuSecondsPerGB, machine: before }));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The whole way of a stream into the kernel. */
async function measureSend(stream: Stream, folder: string, rounds: number, size: number): Promise<Samples> {
  const cpu = compiled('cpu', folder);
  await using receiver = new Receiver(compiled('receiver', folder), 'gro');
  const port = await receiver.port;
  const samples: Samples = {};
  const note = (who: string, { cpu, bytes }: Cost) => {
    samples[who] = [...(samples[who] ?? []), cpu / (bytes / 1e9)];
  };
  const ours = (more: object) =>
    nodeCost('send-framelane.mjs', [stream.file, `${port}`, `${4 * size}`, JSON.stringify(more)]);
  for (let round = 0; round < rounds; round++) {
    note('plain', await ours({}));
    note('gcm', await ours({ srtpSuite: 'AEAD_AES_128_GCM' }));
    note('cm', await ours({ srtpSuite: 'AES_CM_128_HMAC_SHA1_80' }));
    note('gstreamerGcm', await fileSenderCost(cpu, stream, folder, size, gstreamerSends(port, 'gcm')));
    note('gstreamerCm', await fileSenderCost(cpu, stream, folder, size, gstreamerSends(port, 'cm')));
    note('ffmpegCm', await fileSenderCost(cpu, stream, folder, size, ffmpegSends(port)));
  }
  return samples;
}

const gstreamerSends = (port: number, kind: 'gcm' | 'cm') => (file: string) => [
  ...['gst-launch-1.0', '-q', 'filesrc', `location=${file}`, 'blocksize=1048576', '!', 'h265parse', '!'],
  ...['rtph265pay', 'mtu=1400', '!', 'srtpenc', ...srtpenc(kind), '!'],
  ...['udpsink', 'host=127.0.0.1', `port=${port}`, 'sync=false'],
];

function srtpenc(kind: 'gcm' | 'cm'): string[] {
  const [key, cipher, auth] = kind === 'gcm' ? [gcmKey, 'aes-128-gcm', 'null'] : [cmKey, 'aes-128-icm', 'hmac-sha1-80'];
  const both = ['rtp', 'rtcp'].flatMap((what) => [`${what}-cipher=${cipher}`, `${what}-auth=${auth}`]);
  return [`key=${key.toString('hex')}`, ...both];
}

const ffmpegSends = (port: number) => (file: string) => [
  ...['ffmpeg', '-v', 'error', '-nostdin', '-f', 'hevc', '-i', file, '-c', 'copy', '-f', 'rtp'],
  ...['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', cmKey.toString('base64')],
  `srtp://127.0.0.1:${port}?pkt_size=1400`,
];

/** Cryptography without sockets. */
function measureAlone(folder: string, rounds: number, seconds: number): Samples {
  const samples: Samples = {};
  const note = (who: string, value: number) => {
    samples[who] = [...(samples[who] ?? []), value];
  };
  const libsrtp = compiledLibsrtp(folder);
  for (let round = 0; round < rounds; round++) {
    const ours = execFileSync('taskset', ['-c', '0', process.execPath, here('protect.mjs'), `${seconds / 2}`], {
      encoding: 'utf8',
    });
    for (const [who, value] of Object.entries(JSON.parse(ours) as Record<string, number>)) note(who, value);
    for (const kind of ['gcm', 'cm']) {
      const text = execFileSync('taskset', ['-c', '0', libsrtp, kind, `${seconds / 2}`], { encoding: 'utf8' });
      note(`libsrtp-${kind}`, Number(text));
    }
  }
  return samples;
}

function compiledLibsrtp(folder: string): string {
  const target = join(folder, 'libsrtp');
  const args = ['-O2', '-Wall', '-o', target, here('libsrtp.c'), '-lsrtp2'];
  const { status, stderr, error } = spawnSync(process.env.CC ?? 'cc', args, { encoding: 'utf8' });
  if (status === 0) return target;
  throw new Error(`libsrtp2 is needed (apt-get install libsrtp2-dev): ${error?.message ?? stderr}`);
}

function medians(samples: Samples): Record<string, number> {
  return Object.fromEntries(Object.entries(samples).map(([who, values]) => [who, median(values)]));
}

function show(title: string, samples: Samples): void {
  const parts = Object.entries(samples).map(([who, values]) => {
    const range = `${Math.min(...values).toFixed(3)} .. ${Math.max(...values).toFixed(3)}`;
    return `${who} ${median(values).toFixed(3)} (${range})`;
  });
  console.log(`${title.padEnd(8)} CPU s/GB: ${parts.join('   ')}`);
}

const rounded = (value: number): number => Math.round(1000 * value) / 1000;

/** Of two streams, and of two suites, what is less favourable to us. */
function summarise(
  send: Readonly<Record<string, Readonly<Record<string, number>>>>,
  alone: Readonly<Record<string, number>>,
): Record<string, number> {
  const ratios = (who: string, over: string): number[] =>
    Object.values(send).map((costs) => (costs[who] ?? Number.NaN) / (costs[over] ?? Number.NaN));
  const of = (who: string): number => alone[who] ?? Number.NaN;
  return {
    gcmOverPlain: rounded(Math.max(...ratios('gcm', 'plain'))),
    cmOverPlain: rounded(Math.max(...ratios('cm', 'plain'))),
    gstreamerOverUs: rounded(Math.min(...ratios('gstreamerGcm', 'gcm'), ...ratios('gstreamerCm', 'cm'))),
    ffmpegOverUs: rounded(Math.min(...ratios('ffmpegCm', 'cm'))),
    libsrtpGcmOverUs: rounded(of('libsrtp-gcm') / of('gcm')),
    libsrtpCmOverUs: rounded(of('libsrtp-cm') / of('cm')),
    nodeCryptoOverUs: rounded(of('nodeCryptoGcm') / of('gcm')),
    unprotectGcm_cpu_s_per_GB: rounded(of('unprotectGcm')),
    unprotectCm_cpu_s_per_GB: rounded(of('unprotectCm')),
  };
}
