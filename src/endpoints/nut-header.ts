import { FramelaneError } from '../error.js';

/*
 * NUT, the container that ffmpeg writes into pipes for us: it says where each packet ends, at once, and what its time is.
 * Read as far as ffmpeg's muxer writes it for one video stream. Names are those of the specification
 * (ffmpeg.org/~michael/nut.txt).
 *
 *     "nut/multimedia container\0", then packets and frames
 *     packet   startcode (8 bytes, the first is 'N')   forward_ptr v   checksum if > 4096 (4)   ... checksum (4)
 *     frame    frame_code (any byte but 'N'), what its flags call for, data
 */

/** What every stream begins with. */
export const nutMagic = 'nut/multimedia container\0';

/** The second byte of each startcode; the others only make it rare. */
export const nutStartCode = { main: 0x4d, stream: 0x53, syncpoint: 0x4b } as const;

/** Bits of frame_flags. */
export const nutFlag = {
  key: 1,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const;

/** One entry of the table that the main header gives for each frame_code. */
export interface NutFrameCode {
  readonly flags: number;
  readonly ptsDelta: number;
  readonly sizeMul: number;
  readonly sizeLsb: number;
  readonly reserved: number;
  readonly headerIndex: number;
}

/** What the main header says. */
export interface NutMain {
  /** Seconds of one tick, as a fraction. */
  readonly timeBase: { readonly num: number; readonly den: number };
  readonly frameCodes: readonly NutFrameCode[];
  /** Beginnings that small frames are stored without. */
  readonly elisions: readonly Uint8Array[];
}

/** What the stream header says. */
export interface NutStream {
  /** Bits of a timestamp that is written in short. */
  readonly ptsBits: number;
  readonly width: number;
  readonly height: number;
}

/** Reads NUT's numbers. Reading past the end throws `NutCut`: more bytes are to come. */
export class NutFields {
  /** Offset of the next byte. */
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** A byte. */
  u8(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new NutCut();
    return byte;
  }

  /** v: 7 bits a byte, most significant first, the top bit says that more follow. */
  v(): number {
    let value = 0;
    for (let length = 0; length < 8; length++) {
      const byte = this.u8();
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
    throw nutInvalid('a number of more than 56 bits');
  }

  /** s: as v, with a sign. */
  s(): number {
    const code = this.v() + 1;
    return code % 2 === 1 ? -(code - 1) / 2 : code / 2;
  }

  /** vb: bytes with their length before them. */
  vb(): Uint8Array {
    const length = this.v();
    const bytes = this.#bytes.subarray(this.at, this.at + length);
    if (bytes.length < length) throw new NutCut();
    this.at += length;
    return bytes;
  }
}

/** Thrown, and caught by the reader, when a header is not whole yet. */
export class NutCut extends Error {}

/** Cannot happen with an ffmpeg that works. */
export function nutInvalid(message: string): FramelaneError {
  return new FramelaneError('CHILD_FAILED', `ffmpeg wrote something that is not understood here: ${message}`);
}

/** main_header */
export function readNutMain(fields: NutFields): NutMain {
  const version = fields.v();
  if (version > 3) fields.v(); // minor_version
  if (version > 4) throw nutInvalid(`NUT version ${version}`);
  if (fields.v() !== 1) throw nutInvalid('not one stream');
  fields.v(); // max_distance
  if (fields.v() !== 1) throw nutInvalid('not one time base');
  const timeBase = { num: fields.v(), den: fields.v() };
  const frameCodes = readFrameCodes(fields);
  const elisions = [new Uint8Array(0), ...Array.from({ length: atMost(fields.v(), 127) }, () => fields.vb().slice())];
  return { timeBase, frameCodes, elisions };
}

function atMost(count: number, limit: number): number {
  if (count > limit) throw nutInvalid(`${count} entries of at most ${limit}`);
  return count;
}

const invalidCode: NutFrameCode = {
  flags: nutFlag.invalid,
  ptsDelta: 0,
  sizeMul: 1,
  sizeLsb: 0,
  reserved: 0,
  headerIndex: 0,
};

/** The table of frame codes, in runs of which each changes only some of what the one before said. */
function readFrameCodes(fields: NutFields): NutFrameCode[] {
  const codes: NutFrameCode[] = [];
  let [ptsDelta, sizeMul, stream, headerIndex] = [0, 1, 0, 0];
  while (codes.length < 256) {
    const flags = fields.v();
    const given = fields.v();
    if (given > 0) ptsDelta = fields.s();
    if (given > 1) sizeMul = fields.v();
    if (given > 2) stream = fields.v();
    const size = given > 3 ? fields.v() : 0;
    const reserved = given > 4 ? fields.v() : 0;
    const count = given > 5 ? fields.v() : sizeMul - size;
    if (given > 6) fields.s(); // match_time_delta
    if (given > 7) headerIndex = fields.v();
    for (let more = 8; more < given; more++) fields.v();
    if (stream !== 0 || count < 1) throw nutInvalid(`a run of ${count} frame codes of stream ${stream}`);
    for (let step = 0; step < count && codes.length < 256; ) {
      if (codes.length === 0x4e)
        codes.push(invalidCode); // 'N' begins packets.
      else codes.push({ flags, ptsDelta, sizeMul, sizeLsb: size + step++, reserved, headerIndex });
    }
  }
  return codes;
}

/** stream_header of a video stream */
export function readNutStream(fields: NutFields): NutStream {
  fields.v(); // stream_id
  if (fields.v() !== 0) throw nutInvalid('a stream that is no video');
  fields.vb(); // fourcc
  fields.v(); // time_base_id
  const ptsBits = fields.v();
  fields.v(); // max_pts_distance
  fields.v(); // decode_delay
  fields.v(); // stream_flags
  fields.vb(); // codec_specific_data
  return { ptsBits, width: fields.v(), height: fields.v() };
}
