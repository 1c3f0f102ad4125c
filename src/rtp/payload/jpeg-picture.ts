import { FramelaneError } from '../../error.js';
import { standardHuffmanTables } from './jpeg-tables.js';

/** Markers of ITU-T T.81 table B.1, their second bytes. */
const marker = { SOF0: 0xc0, SOF15: 0xcf, DHT: 0xc4, JPG: 0xc8, DAC: 0xcc, SOI: 0xd8, EOI: 0xd9, SOS: 0xda } as const;
const { DQT, DRI, TEM } = { DQT: 0xdb, DRI: 0xdd, TEM: 0x01 } as const;

/** Bytes of a quantization table of 8 bits. */
export const quantizationTableBytes = 64;

/** What RFC 2435 sends of a JPEG picture. */
export interface JpegPicture {
  /** Pixels across. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 0 for 4:2:2 (chroma halved across), 1 for 4:2:0 (halved across and down): RFC 2435 section 4.1. */
  readonly type: 0 | 1;
  /** Blocks (MCUs) between restart markers; 0 when there are none. */
  readonly restartInterval: number;
  /** Offset of the 64 bytes of the quantization table for luminance, in zigzag order. */
  readonly luminanceTable: number;
  /** The same for chrominance; it may be the same table. */
  readonly chrominanceTable: number;
  /** Offset of the entropy-coded bytes. */
  readonly scanOffset: number;
  /** How many there are, up to the end-of-image marker. */
  readonly scanBytes: number;
}

/** What the segments before the scan said. */
interface Segments {
  /** Offset of each 8-bit quantization table. */
  readonly quantization: (number | undefined)[];
  /** Offset of the frame header's parameters (T.81 B.2.2), 0 before there is one. */
  frame: number;
  restartInterval: number;
}

/**
 * Reads a JFIF file as far as RTP needs it. Throws `JPEG_INVALID` for what is no whole JPEG picture, and `UNSUPPORTED` for
 * what RFC 2435 cannot carry: it knows baseline pictures of 8 bits, 4:2:0 or 4:2:2, with the standard Huffman tables.
 */
export function readJpegPicture(data: Uint8Array): JpegPicture {
  if (data[0] !== 0xff || data[1] !== marker.SOI) throw invalid(0, 'it does not begin with FF D8');
  const segments: Segments = { quantization: [], frame: 0, restartInterval: 0 };
  let at = 2;
  for (;;) {
    at = nextMarker(data, at);
    const code = data[at + 1] as number;
    const end = at + 2 + uint16(data, at + 2);
    if (end < at + 4 || end > data.length) throw invalid(at, `segment FF ${code.toString(16)} leaves the file`);
    if (code === marker.SOS) return pictureOf(data, segments, at + 4, end);
    readSegment(data, code, at + 4, end, segments);
    at = end;
  }
}

/** The next marker that begins a segment; bytes of FF before it are filling (T.81 B.1.1.2). */
function nextMarker(data: Uint8Array, from: number): number {
  let at = from;
  while (data[at] === 0xff && data[at + 1] === 0xff) at++;
  const code = data[at + 1];
  if (data[at] !== 0xff || code === undefined || at + 4 > data.length) throw invalid(at, 'a marker was expected');
  if (code === marker.EOI || code === 0 || code === TEM || (code >= 0xd0 && code <= marker.SOI)) {
    throw invalid(at, `marker FF ${code.toString(16)} before the scan`);
  }
  return at;
}

function readSegment(data: Uint8Array, code: number, at: number, end: number, segments: Segments): void {
  if (code === DQT) readQuantization(data, at, end, segments.quantization);
  else if (code === marker.DHT) checkHuffman(data, at, end);
  else if (code === DRI) segments.restartInterval = end - at === 2 ? uint16(data, at) : fail(at, 'DRI');
  else if (code === marker.SOF0) segments.frame = checkFrame(data, at, end);
  else if ((code > marker.SOF0 && code <= marker.SOF15 && code !== marker.JPG) || code === marker.DAC) {
    throw unsupported(at, 'it is not baseline: encode without "progressive" and with 8 bits');
  }
}

/** DQT, T.81 B.2.4.1. */
function readQuantization(data: Uint8Array, start: number, end: number, tables: (number | undefined)[]): void {
  for (let at = start; at < end; at += 1 + quantizationTableBytes) {
    const info = data[at] as number;
    if (info >> 4 !== 0) throw unsupported(at, 'a quantization table of 16 bits: encode with a higher quality');
    if (info > 3 || at + 1 + quantizationTableBytes > end) fail(at, 'DQT');
    tables[info] = at + 1;
  }
}

/** DHT, T.81 B.2.4.2: the receiver makes the standard tables itself, so others cannot be sent. */
function checkHuffman(data: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const table = standardHuffmanTables.find((standard) => standard[0] === data[at]);
    if (table === undefined || at + table.length > end || !table.every((byte, index) => byte === data[at + index])) {
      const message =
        'its Huffman tables are not the standard ones: encode without "optimize" (ffmpeg: -huffman default)';
      throw unsupported(at, message);
    }
    at += table.length;
  }
}

/** SOF0, T.81 B.2.2. Returns where its parameters are. */
function checkFrame(data: Uint8Array, at: number, end: number): number {
  if (end - at < 6) fail(at, 'SOF0');
  const components = data[at + 5] as number;
  if (components !== 3) throw unsupported(at, `${components} components: RTP sends colour of three, Y, Cb and Cr`);
  if (end - at !== 6 + 3 * components) fail(at, 'SOF0');
  if (data[at] !== 8) throw unsupported(at, `${data[at]} bits a sample: RTP sends 8`);
  return at;
}

function pictureOf(data: Uint8Array, segments: Segments, scan: number, scanOffset: number): JpegPicture {
  const { frame, quantization, restartInterval } = segments;
  if (frame === 0) throw invalid(scan, 'a scan without frame header');
  checkScan(data, scan, scanOffset, frame);
  const [height, width] = [uint16(data, frame + 1), uint16(data, frame + 3)];
  if (width === 0 || height === 0) throw invalid(frame, `a picture of ${width}x${height}`);
  const table = (component: number): number => {
    const offset = quantization[data[frame + 8 + 3 * component] as number];
    return offset ?? fail(frame, 'quantization table');
  };
  const [luminanceTable, chrominanceTable, third] = [table(0), table(1), table(2)] as const;
  if (third !== chrominanceTable) throw unsupported(frame, 'Cb and Cr have quantization tables of their own');
  const end = endOfImage(data, scanOffset);
  const scanBytes = end - scanOffset;
  if (scanBytes === 0) throw invalid(scanOffset, 'a scan without bytes');
  return {
    width,
    height,
    type: typeOf(data, frame),
    restartInterval,
    luminanceTable,
    chrominanceTable,
    scanOffset,
    scanBytes,
  };
}

/** SOS, T.81 B.2.3: all components in one scan, with the tables that a receiver will name. */
function checkScan(data: Uint8Array, at: number, end: number, frame: number): void {
  const components = data[at] as number;
  if (end - at !== 4 + 2 * components) fail(at, 'SOS');
  if (components !== 3) throw unsupported(at, 'its components are in several scans');
  for (let index = 0; index < 3; index++) {
    const isNamed = data[at + 1 + 2 * index] === data[frame + 6 + 3 * index];
    const tables = index === 0 ? 0x00 : 0x11;
    if (!isNamed || data[at + 2 + 2 * index] !== tables) {
      throw unsupported(at, 'Y must have Huffman tables 0, Cb and Cr tables 1, in this order');
    }
  }
}

/** The types of RFC 2435 section 4.1, by the sampling factors of Y, Cb and Cr. */
function typeOf(data: Uint8Array, frame: number): 0 | 1 {
  const [luminance, first, second] = [data[frame + 7], data[frame + 10], data[frame + 13]];
  if (first === 0x11 && second === 0x11) {
    if (luminance === 0x21) return 0;
    if (luminance === 0x22) return 1;
  }
  const factors = [luminance, first, second].map((value) => `${Number(value) >> 4}x${Number(value) & 15}`).join(', ');
  throw unsupported(frame, `sampling factors ${factors}: RTP sends 4:2:0 (2x2, 1x1, 1x1) and 4:2:2 (2x1, 1x1, 1x1)`);
}

/** The last end-of-image marker: what cameras append to a picture stands behind it. */
function endOfImage(data: Uint8Array, from: number): number {
  for (let at = data.length - 2; at >= from; at--) {
    if (data[at] === 0xff && data[at + 1] === marker.EOI) return at;
  }
  throw invalid(data.length, 'it ends without FF D9: it is cut off');
}

const uint16 = (data: Uint8Array, at: number): number => ((data[at] as number) << 8) | (data[at + 1] as number);

function invalid(offset: number, what: string): FramelaneError {
  return new FramelaneError('JPEG_INVALID', `JPEG at byte ${offset}: ${what}`, { offset });
}

function fail(offset: number, segment: string): never {
  throw invalid(offset, `${segment} makes no sense`);
}

function unsupported(offset: number, what: string): FramelaneError {
  return new FramelaneError('UNSUPPORTED', `JPEG at byte ${offset} cannot go over RTP (RFC 2435): ${what}`, { offset });
}
