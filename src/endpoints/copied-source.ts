import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { FramelaneError } from '../error.js';
import { AccessUnit, nalUnitsOf } from '../nal/index.js';
import { nalScanner } from '../net/index.js';
import { unixTime } from './clock.js';
import { ffmpegMissing, quietly } from './ffmpeg-child.js';
import { NutChild } from './nut-child.js';
import type { NutPacket } from './nut-reader.js';
import type { RecordingOptions } from './stream-source.js';
import type { UnitSource, UnitStreamInfo } from './unit-source.js';

const run = promisify(execFile);

/** Longest that finding out about a file may take, in ms. */
const probeTimeoutMs = 60_000;

/** Ticks of an RTP timestamp a second. */
const ticksPerSecond = 90_000;

/** The filter that makes Annex B with parameter sets out of what a container holds, by codec. */
const filters = { avc: 'h264_mp4toannexb', hevc: 'hevc_mp4toannexb' } as const;

/** What of a video file can be had without decoding it. */
interface CopiedInfo extends UnitStreamInfo {
  readonly codec: keyof typeof filters;
}

/** Encoded video out of a file of any container, as it is: without decoding and encoding anew. */
export class CopiedSource implements UnitSource {
  readonly uri: string;
  readonly recorded = true;
  readonly #path: string;
  readonly #loop: boolean;
  readonly #info: CopiedInfo;
  /** How many times faster than it was recorded: timestamps say so. */
  readonly #speed: number;
  #child: NutChild | undefined;
  #closed = false;

  private constructor(uri: string, path: string, { loop = false, fps }: RecordingOptions, info: CopiedInfo) {
    this.uri = uri;
    this.#path = path;
    this.#loop = loop;
    this.#info = info;
    this.#speed = fps === undefined || info.fps === undefined ? 1 : fps / info.fps;
  }

  /**
   * A file's video as it is; undefined when it is of a codec that is not handed on here. Throws `IO`,
   * `TOOL_MISSING`, `CHILD_FAILED`.
   */
  static async open(uri: string, path: string, options: RecordingOptions = {}): Promise<CopiedSource | undefined> {
    await access(path).catch((cause: Error) => {
      throw new FramelaneError('IO', `${uri}: ${cause.message}`, { subject: path }, { cause });
    });
    const info = await probe(path);
    return info === undefined ? undefined : new CopiedSource(uri, path, options, info);
  }

  async info(): Promise<UnitStreamInfo> {
    return this.#info;
  }

  async *units({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<AccessUnit> {
    const stopped = () => this.#closed || signal?.aborted === true;
    const stop = () => void this.#child?.close();
    signal?.addEventListener('abort', stop, { once: true });
    let sequence = 0;
    let from = 0;
    try {
      do {
        const before = sequence;
        let end = from;
        for await (const { data, packet } of this.#packets(stopped)) {
          end = Math.max(end, from + packet.seconds + this.#secondsOfOne);
          yield this.#unit(data, packet, from, ++sequence);
        }
        if (sequence === before) return; // A loop over nothing would go on for ever.
        from = end;
      } while (this.#loop && !stopped());
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<AccessUnit> {
    return this.units();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#child?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #secondsOfOne(): number {
    return 1 / (this.#info.fps ?? 25);
  }

  #unit(data: Uint8Array, packet: NutPacket, from: number, sequence: number): AccessUnit {
    return new AccessUnit({
      codec: this.#info.codec,
      data,
      nalUnits: nalUnitsOf(data, nalScanner()),
      keyFrame: packet.key,
      timestamp: Math.round(((from + packet.seconds) * ticksPerSecond) / this.#speed) % 2 ** 32,
      captureTime: unixTime(),
      sequence,
    });
  }

  async *#packets(stopped: () => boolean): AsyncGenerator<{ data: Uint8Array; packet: NutPacket }, void> {
    const child = new NutChild(`read ${this.#path}`, copyArguments(this.#path, this.#info), { input: false });
    this.#child = child;
    const { reader } = child;
    try {
      for (let packet = await reader.next(); packet !== undefined && !stopped(); packet = await reader.next()) {
        const data = await reader.bytes(packet);
        if (data === undefined) break;
        yield { data, packet };
      }
      if (!stopped()) await child.finish();
    } catch (error) {
      if (!stopped()) throw error;
    } finally {
      await child.close();
    }
  }
}

function copyArguments(path: string, { codec }: CopiedInfo): string[] {
  const video = ['-map', '0:v:0', '-c', 'copy', '-bsf:v', filters[codec], '-map_metadata', '-1'];
  return [...quietly, '-i', `file:${path}`, ...video];
}

/** Asks ffprobe for the codec, size and rate of the first video. Undefined when it is not avc or hevc. */
async function probe(path: string): Promise<CopiedInfo | undefined> {
  const entries = 'stream=codec_name,width,height,avg_frame_rate';
  const show = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', entries, '-of', 'json', `file:${path}`];
  const { stdout } = await run('ffprobe', show, { timeout: probeTimeoutMs, killSignal: 'SIGKILL' }).catch((error) => {
    if (error.code === 'ENOENT') throw ffmpegMissing('ffprobe');
    const said = String(error.stderr ?? '').trim() || error.message;
    throw new FramelaneError('CHILD_FAILED', `ffprobe cannot read ${path}: ${said}`, { subject: path });
  });
  const { streams = [] } = JSON.parse(stdout) as { streams?: Record<string, string & number>[] };
  const { codec_name: name, width, height, avg_frame_rate: rate } = streams[0] ?? {};
  const codec = name === 'h264' ? 'avc' : name === 'hevc' ? 'hevc' : undefined;
  return codec === undefined ? undefined : { codec, width, height, fps: fractionOf(rate) };
}

function fractionOf(text = ''): number | undefined {
  const [num, den] = text.split('/').map(Number);
  const value = (num ?? 0) / (den ?? 1);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
