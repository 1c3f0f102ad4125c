import { FramelaneError } from '../error.js';
import type { ByteInput } from './byte-input.js';
import {
  NutCut,
  NutFields,
  type NutFrameCode,
  type NutMain,
  type NutStream,
  nutFlag,
  nutInvalid,
  nutMagic,
  nutStartCode,
  readNutMain,
  readNutStream,
} from './nut-header.js';

/** What {@link NutReader.next} finds. */
export interface NutPacket {
  /** When it is to be shown, in seconds. */
  readonly seconds: number;
  /** Whether a decoder can begin at it. */
  readonly key: boolean;
  /** Bytes that {@link NutReader.read} gives. */
  readonly bytes: number;
}

/** Most bytes of a unit: ten times an uncompressed 4K picture. */
const unitLimit = 256 << 20;

/** Most bytes of a header: they hold parameter sets at most. */
const headerLimit = 1 << 20;

/** Frames of up to so many bytes may be stored without their beginning. */
const elisionLimit = 4096;

/**
 * Packets of one video stream out of an ffmpeg that writes NUT. Headers are read into a small buffer, what is in them goes
 * straight into the caller's memory. A packet is there as soon as ffmpeg has written it.
 */
export class NutReader {
  readonly #input: ByteInput;
  #buffer: Uint8Array;
  #from = 0;
  #to = 0;
  #main: NutMain | undefined;
  #stream: NutStream | undefined;
  #ticks = 0;
  /** What is still to be read of the packet: a beginning that is not in the stream, then bytes that are. */
  #elided: Uint8Array = new Uint8Array(0);
  #left = 0;

  /** `bufferBytes`: read in one go; what is in frames but in there as well is copied. */
  constructor(input: ByteInput, bufferBytes = 4096) {
    this.#input = input;
    this.#buffer = new Uint8Array(bufferBytes);
  }

  /** Pixels across and rows; known once there is a packet. */
  get size(): { width: number; height: number } {
    return { width: this.#stream?.width ?? 0, height: this.#stream?.height ?? 0 };
  }

  /** The next packet, to be taken by {@link read}; undefined at the end. Throws `CHILD_FAILED`. */
  async next(): Promise<NutPacket | undefined> {
    if (this.#main === undefined && !(await this.#magic())) return undefined;
    for (;;) {
      if (!(await this.#have(1))) return undefined;
      if (this.#buffer[this.#from] !== 0x4e) return this.#frame();
      if (!(await this.#packet())) return undefined;
    }
  }

  /** Puts the packet's bytes into memory that has exactly as many. False when the stream ends before. */
  async read(target: Uint8Array): Promise<boolean> {
    target.set(this.#elided);
    const rest = target.subarray(this.#elided.length);
    const ready = Math.min(this.#to - this.#from, this.#left);
    rest.set(this.#buffer.subarray(this.#from, this.#from + ready));
    this.#from += ready;
    const wanted = this.#left - ready;
    this.#left = 0;
    return wanted === 0 || (await this.#input.fill(rest.subarray(ready, ready + wanted))) === wanted;
  }

  /** The packet's bytes, in memory of their own; undefined when the stream ends before. Throws `LIMIT_EXCEEDED`. */
  async bytes(packet: NutPacket): Promise<Uint8Array | undefined> {
    if (packet.bytes > unitLimit) {
      throw new FramelaneError(
        'LIMIT_EXCEEDED',
        `an access unit of ${packet.bytes} bytes; at most ${unitLimit} are taken`,
      );
    }
    const data = new Uint8Array(packet.bytes);
    return (await this.read(data)) ? data : undefined;
  }

  async #magic(): Promise<boolean> {
    if (!(await this.#have(nutMagic.length))) return false;
    for (let index = 0; index < nutMagic.length; index++) {
      if (this.#buffer[this.#from + index] !== nutMagic.charCodeAt(index)) throw nutInvalid('it is no NUT');
    }
    this.#from += nutMagic.length;
    return true;
  }

  async #packet(): Promise<boolean> {
    const header = await this.#parsed((fields) => {
      fields.at += 8; // startcode
      const forward = fields.v();
      if (forward > elisionLimit) fields.at += 4; // header_checksum
      return { forward, begin: fields.at - this.#from };
    });
    if (header === undefined) return false;
    const { forward, begin } = header;
    if (forward > headerLimit) throw nutInvalid(`a header of ${forward} bytes`);
    const kind = this.#buffer[this.#from + 1];
    if (!(await this.#have(begin + forward))) return false;
    this.#take(kind, new NutFields(this.#buffer.subarray(0, this.#to), this.#from + begin));
    this.#from += begin + forward;
    return true;
  }

  #take(kind: number | undefined, fields: NutFields): void {
    try {
      if (kind === nutStartCode.main) this.#main = readNutMain(fields);
      else if (kind === nutStartCode.stream) this.#stream = readNutStream(fields);
      else if (kind === nutStartCode.syncpoint) this.#ticks = fields.v(); // global_key_pts, of the one time base
    } catch (error) {
      throw error instanceof NutCut ? nutInvalid('a header shorter than what it says') : error;
    }
  }

  async #frame(): Promise<NutPacket | undefined> {
    const [main, stream] = [this.#main, this.#stream];
    if (main === undefined || stream === undefined) throw nutInvalid('a frame before its headers');
    const header = await this.#parsed((fields) => readFrameHeader(fields, main, stream, this.#ticks));
    if (header === undefined) return undefined;
    this.#from += header.length;
    this.#ticks = header.ticks;
    this.#elided = header.size > elisionLimit ? noBytes : (main.elisions[header.headerIndex] ?? noBytes);
    this.#left = header.size - this.#elided.length;
    if (this.#left < 0) throw nutInvalid(`a frame of ${header.size} bytes without its first ${this.#elided.length}`);
    const seconds = (header.ticks * main.timeBase.num) / main.timeBase.den;
    return { seconds, key: header.key, bytes: header.size };
  }

  /** Parses what is in the buffer, reading on for as long as it is cut; undefined at the end of the stream. */
  async #parsed<T>(parse: (fields: NutFields) => T): Promise<T | undefined> {
    for (;;) {
      try {
        return parse(new NutFields(this.#buffer.subarray(0, this.#to), this.#from));
      } catch (error) {
        if (!(error instanceof NutCut)) throw error;
        if (!(await this.#have(this.#to - this.#from + 1))) return undefined;
      }
    }
  }

  /** Reads until so many bytes are in the buffer; false when the stream ends before. */
  async #have(bytes: number): Promise<boolean> {
    if (this.#to - this.#from >= bytes) return true;
    const kept = this.#buffer.subarray(this.#from, this.#to);
    if (bytes > this.#buffer.length) this.#buffer = new Uint8Array(bytes);
    this.#buffer.set(kept);
    this.#to = kept.length;
    this.#from = 0;
    while (this.#to < bytes) {
      const read = await this.#input.read(this.#buffer.subarray(this.#to));
      if (read === 0) return false;
      this.#to += read;
    }
    return true;
  }
}

const noBytes = new Uint8Array(0);

interface FrameHeader {
  readonly length: number;
  readonly size: number;
  readonly ticks: number;
  readonly key: boolean;
  readonly headerIndex: number;
}

function readFrameHeader(fields: NutFields, main: NutMain, stream: NutStream, before: number): FrameHeader {
  const begin = fields.at;
  const code = main.frameCodes[fields.u8()] as NutFrameCode;
  const flags = code.flags ^ (code.flags & nutFlag.coded ? fields.v() : 0);
  if (flags & (nutFlag.invalid | nutFlag.sideData)) throw nutInvalid(`a frame with the flags ${flags}`);
  if (flags & nutFlag.streamId) fields.v();
  const ticks = flags & nutFlag.codedPts ? fullPts(fields.v(), stream.ptsBits, before) : before + code.ptsDelta;
  const size = code.sizeLsb + (flags & nutFlag.sizeMsb ? code.sizeMul * fields.v() : 0);
  if (flags & nutFlag.matchTime) fields.s();
  const headerIndex = flags & nutFlag.headerIndex ? fields.v() : code.headerIndex;
  const reserved = flags & nutFlag.reserved ? fields.v() : code.reserved;
  for (let count = 0; count < reserved; count++) fields.v();
  if (flags & nutFlag.checksum) for (let byte = 0; byte < 4; byte++) fields.u8();
  return { length: fields.at - begin, size, ticks, key: (flags & nutFlag.key) !== 0, headerIndex };
}

/** coded_pts: its lowest bits, next to the one before; or all of it, with 2^bits added. */
function fullPts(coded: number, bits: number, before: number): number {
  const span = 2 ** bits;
  if (coded >= span) return coded - span;
  const floor = before - Math.floor((span - 1) / 2);
  return floor + ((((coded - floor) % span) + span) % span);
}
