import { randomBytes } from 'node:crypto';
import { type PipeProgress, type PipeStats, runPipe } from '../endpoints/pipe.js';
import { RawSink } from '../endpoints/raw-sink.js';
import { openAnySink, openSourceFor } from '../endpoints/registry.js';
import { ShmSink } from '../endpoints/shm-sink.js';
import type { Sink } from '../endpoints/sink.js';
import type { UnitSink } from '../endpoints/unit-sink.js';
import { parseUri } from '../endpoints/uri.js';
import { FramelaneError } from '../error.js';
import { Consumer } from './consumer.js';
import { reportError } from './exit-codes.js';
import { Interruption } from './interruption.js';
import { ProgressLine } from './progress.js';
import { Troubles } from './troubles.js';

/** The options of `framelane pipe`. */
export interface PipeCommandOptions {
  readonly frames?: number;
  readonly fps?: number;
  readonly loop?: boolean;
  readonly lossless?: boolean;
  readonly stats?: 'json';
  readonly quiet?: boolean;
}

/** How long a lossless ring may wait for its first reader in silence, in ms. */
const silenceMs = 1000;

/** `framelane pipe`: moves frames, with a consumer process where there is one. Resolves to the exit code. */
export async function pipeCommand(
  source: string,
  addresses: readonly string[],
  options: PipeCommandOptions,
  command: readonly string[],
): Promise<number> {
  const stop = new AbortController();
  const stdin = readsStandardInput(source) ? 'ignore' : 'inherit';
  const consumer = command.length === 0 ? undefined : new Consumer(command, stdin, () => stop.abort());
  const interruption = new Interruption((signal, again) => {
    stop.abort();
    if (again) consumer?.kill();
    else if (consumer !== undefined) passOn(signal, consumer);
  });
  try {
    const stats = await moveFrames(source, addresses, options, consumer, stop.signal);
    const code = await endOfConsumer(consumer, interruption, options, stats);
    return interruption.exitCode ?? code;
  } catch (error) {
    consumer?.limit();
    const childCode = (await consumer?.end()) ?? 0;
    const ownCode = reportError(error);
    return interruption.exitCode ?? (isConsumersFault(error) && childCode !== 0 ? childCode : ownCode);
  } finally {
    interruption.close();
  }
}

interface Moved {
  readonly stats: PipeStats;
  /** Whether pixels went to standard output. */
  readonly pixelsOut: boolean;
}

async function moveFrames(
  address: string,
  addresses: readonly string[],
  options: PipeCommandOptions,
  consumer: Consumer | undefined,
  signal: AbortSignal,
): Promise<Moved> {
  const troubles = new Troubles(options.quiet !== true);
  const sinks = await openSinks(addresses, options, consumer);
  const source = await openSourceFor(sinks, address, {
    ...options,
    onTrouble: (error) => troubles.tell(error),
    onWarning: options.quiet === true ? undefined : tellWarning,
  });
  const progress = new ProgressLine(options.quiet !== true);
  const notice = options.quiet === true ? undefined : setTimeout(() => sayWaiting(sinks), silenceMs).unref();
  try {
    const { frames } = options;
    const fps = options.fps === 0 ? 0 : undefined; // Any other the source was told.
    const onProgress = (now: PipeProgress) => {
      progress.update(now);
      troubles.over();
    };
    const stats = await runPipe({ source, sinks, frames, fps, signal, onProgress });
    return { stats, pixelsOut: sinks.some((sink) => sink instanceof RawSink && sink.standardOutput) };
  } finally {
    clearTimeout(notice);
    progress.close();
  }
}

/** The sinks; the consumer gets the first ring among them, or one of its own where there is none. */
async function openSinks(
  addresses: readonly string[],
  { lossless, quiet }: PipeCommandOptions,
  consumer: Consumer | undefined,
): Promise<(Sink | UnitSink)[]> {
  const rings = addresses.filter((address) => parseUri(address).scheme === 'shm');
  const privateRing = consumer !== undefined && rings.length === 0;
  const all = privateRing ? [`shm:pipe-${process.pid}-${randomBytes(4).toString('hex')}`, ...addresses] : addresses;
  const consumed = privateRing ? all[0] : rings[0];
  const onDescription = quiet === true ? undefined : tellSdp;
  const hooks = {
    opened: consumer?.attend.bind(consumer),
    closing: consumer?.latecomer.bind(consumer),
  };
  return Promise.all(
    all.map((address) =>
      openAnySink(address, { lossless, onDescription, ...(address === consumed && consumer ? hooks : {}) }),
    ),
  );
}

async function endOfConsumer(
  consumer: Consumer | undefined,
  interruption: Interruption,
  options: PipeCommandOptions,
  { stats, pixelsOut }: Moved,
): Promise<number> {
  if (interruption.signal !== undefined) consumer?.limit();
  const code = (await consumer?.end()) ?? 0;
  if (options.lossless && consumer?.started && !consumer.attached && interruption.signal === undefined) {
    throw new FramelaneError('CHILD_FAILED', `the command ended (exit code ${code}) before it read from the ring`);
  }
  if (code !== 0 && interruption.signal === undefined && options.quiet !== true) {
    process.stderr.write(`framelane: the command ended with exit code ${code}, after ${stats.frames} frames\n`);
  }
  if (options.stats === 'json') (pixelsOut ? process.stderr : process.stdout).write(`${JSON.stringify(stats)}\n`);
  return code;
}

/** A terminal sends Ctrl-C to the command as well; twice would interrupt how it cleans up. */
function passOn(signal: NodeJS.Signals, consumer: Consumer): void {
  const fromTerminal = signal === 'SIGINT' && (process.stdin.isTTY || process.stderr.isTTY);
  if (fromTerminal) consumer.limit();
  else consumer.stop(signal);
}

/** What receivers of a stream have to know; `sdp=FILE` in its address writes that to a file instead. */
function tellSdp(sdp: string, uri: string): void {
  process.stderr.write(`framelane: ${uri} is described by this SDP (sdp=FILE writes it to a file):\n${sdp}`);
}

function tellWarning({ message }: FramelaneError): void {
  process.stderr.write(`framelane: ${message}\n`);
}

function isConsumersFault(error: unknown): boolean {
  return error instanceof FramelaneError && error.code === 'CHILD_FAILED';
}

function readsStandardInput(address: string): boolean {
  const { scheme, path } = parseUri(address);
  return scheme === 'raw' && (path === '' || path === '-');
}

function sayWaiting(sinks: readonly (Sink | UnitSink)[]): void {
  for (const sink of sinks) {
    const { publisher } = sink instanceof ShmSink ? sink : { publisher: undefined };
    if (publisher?.lossless && publisher.published === 0 && publisher.readerCount() === 0) {
      process.stderr.write(`framelane: waiting for the first reader of shm:${publisher.name}\n`);
    }
  }
}
