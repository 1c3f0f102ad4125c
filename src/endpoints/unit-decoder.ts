import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import { frameBytes } from '../frame/geometry.js';
import type { PixelFormat } from '../frame/pixel-format.js';
import type { AccessUnit, Codec } from '../nal/index.js';
import { unixTime } from './clock.js';
import { quietly } from './ffmpeg-child.js';
import { ffmpegPixels } from './ffmpeg-pixels.js';
import { NutChild } from './nut-child.js';
import type { NutPacket } from './nut-reader.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory } from './source.js';
import { UnitClock } from './unit-clock.js';

/** What ffmpeg calls the codecs that it decodes for us. */
const decoders: Partial<Record<Codec, string>> = { avc: 'h264', hevc: 'hevc', vvc: 'vvc', jpeg: 'mjpeg' };

/** Units on their way through pipes and decoder whose facts are kept: tiny ones are many before the first comes out. */
const mostHeld = 1 << 16;

/** What is known of a unit's picture. */
interface Facts {
  readonly captureTime: bigint;
  readonly sequence: number;
}

/**
 * Access units in, frames out, in an ffmpeg of its own. The size is that of the first picture. Frames keep the capture
 * times and numbers of their units: found by timestamp where units have one, so that a picture that cannot be decoded
 * shifts nothing; otherwise by order.
 */
export class UnitDecoder {
  readonly #child: NutChild;
  readonly #format: PixelFormat;
  readonly #clock = new UnitClock();
  readonly #facts = new Map<number, Facts>();
  #timed: boolean | undefined;
  #in = 0;
  #out = 0;

  /** `live`: each frame as soon as it can be shown, at the price of less work at once. Throws `UNSUPPORTED`. */
  constructor(codec: Codec, format: PixelFormat, live: boolean) {
    const decoder = decoders[codec];
    if (decoder === undefined) throw new FramelaneError('UNSUPPORTED', `ffmpeg does not decode ${codec} for us`);
    this.#format = format;
    this.#child = new NutChild(`decode ${codec}`, decoderArguments(decoder, format, live), { pixels: true });
  }

  /** Takes a unit, `before` it parameter sets; their memory is free once this has settled. False: it has ended. */
  async write(unit: AccessUnit, before?: Uint8Array): Promise<boolean> {
    if (this.#in === 0) await this.#child.feed(ivfHeader());
    const header = ivfFrameHeader(unit.data.length + (before?.length ?? 0), this.#note(unit));
    const parts = [header, ...(before === undefined ? [] : [before]), unit.data];
    return (await Promise.all(parts.map((part) => this.#child.feed(part)))).every((taken) => taken);
  }

  /** No more units come. */
  end(): void {
    this.#child.endInput();
  }

  /** The frames, in the order in which they are shown. Throws `TOOL_MISSING`, `CHILD_FAILED`. */
  async *frames(memory: FrameMemory, signal: AbortSignal): AsyncGenerator<Frame, void> {
    const { reader } = this.#child;
    const scratch = new RecycledMemory();
    for (let packet = await reader.next(); packet !== undefined; packet = await reader.next()) {
      const spec = { format: this.#format, ...reader.size };
      checkSize(packet, frameBytes(spec));
      const facts = this.#factsOf(packet);
      const lent = await memory.space(spec, signal);
      const space = lent ?? scratch.take(spec);
      if (!(await reader.read(space.bytes))) {
        space.abandon();
        break;
      }
      if (lent === undefined) space.abandon();
      else yield space.finish(facts);
    }
    await this.#child.finish();
  }

  /** Ends it at once; idempotent. */
  close(): Promise<void> {
    return this.#child.close();
  }

  /** Keeps a unit's facts; returns the time that ffmpeg is told, in µs, undefined for none. */
  #note({ timestamp, captureTime, sequence }: AccessUnit): number | undefined {
    this.#timed ??= timestamp !== undefined;
    const index = this.#in++;
    const time = this.#timed && timestamp !== undefined ? this.#clock.microseconds(timestamp) : undefined;
    this.#facts.set(time ?? index, { captureTime, sequence });
    if (this.#facts.size > mostHeld) this.#facts.delete(this.#facts.keys().next().value as number);
    return time;
  }

  #factsOf({ seconds }: NutPacket): Facts {
    const key = this.#timed ? Math.round(seconds * 1e6) : this.#out++;
    const facts = this.#facts.get(key);
    // Frames come in the order of their times: what is older now was never shown.
    for (const older of this.#facts.keys()) {
      if (older > key) break;
      this.#facts.delete(older);
    }
    this.#facts.delete(key);
    return facts ?? { captureTime: unixTime(), sequence: 0 };
  }
}

function checkSize({ bytes }: NutPacket, expected: number): void {
  if (bytes === expected) return;
  throw new FramelaneError('CHILD_FAILED', `ffmpeg gave a frame of ${bytes} bytes where ${expected} were expected`);
}

/** Units go in as IVF: the simplest container that ffmpeg reads and that says where a unit ends. */
function decoderArguments(decoder: string, format: PixelFormat, live: boolean): string[] {
  // Without look-ahead and parser, which wait for the next unit to see where one ends.
  const input = ['-probesize', '32', '-analyzeduration', '0', '-fflags', '+noparse+nofillin', '-copyts'];
  // Decoding several pictures at a time delays each by as many.
  const speed = live ? ['-flags', 'low_delay', '-thread_type', 'slice'] : [];
  const pixels = [
    '-map',
    '0:v',
    '-fps_mode',
    'passthrough',
    '-pix_fmt',
    ffmpegPixels[format],
    '-c:v',
    'rawvideo',
    '-threads',
    '1',
  ];
  const source = ['-f', 'ivf', '-c:v', decoder, '-i', 'pipe:0'];
  return [...quietly, ...input, ...speed, ...source, ...pixels, '-enc_time_base', '1:1000000'];
}

/**
 *     "DKIF", version u16, bytes of this header u16, fourcc, width u16, height u16, ticks a second u32, ticks in one u32,
 *     frames u32, unused u32; all little-endian
 */
function ivfHeader(): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  bytes.set([0x44, 0x4b, 0x49, 0x46, 0, 0, 32, 0, 0x48, 0x32, 0x36, 0x34]); // The fourcc gives way to -c:v.
  view.setUint32(16, 1_000_000, true);
  view.setUint32(20, 1, true);
  return bytes;
}

/** What ffmpeg knows as no time: AV_NOPTS_VALUE. */
const noTime = 1n << 63n;

/** Bytes u32, time u64. */
function ivfFrameHeader(bytes: number, microseconds: number | undefined): Uint8Array {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setUint32(0, bytes, true);
  view.setBigUint64(4, microseconds === undefined ? noTime : BigInt(microseconds), true);
  return header;
}
