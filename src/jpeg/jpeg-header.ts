import { BoundedReader } from '../bytes/index.js';
import { FramelaneError } from '../error.js';

/** Most pixels of a JPEG or PNG that are decoded unless the caller says otherwise: 64 Mi, 8192 x 8192. */
export const defaultMaxPixels = 64 * 1024 * 1024;

/** What a JPEG says of itself before its first pixel. */
export interface JpegHeader {
  /** Pixels across, 1..65535. */
  readonly width: number;
  /** Rows, 1..65535. */
  readonly height: number;
  /** 1 gray, 3 colour. */
  readonly components: 1 | 3;
  /** How the pixels are coded: sequential (SOF0, SOF1) or progressive (SOF2), both with Huffman codes. */
  readonly process: 'sequential' | 'progressive';
  /** Byte at which the entropy-coded pixels of the first scan start. */
  readonly scanOffset: number;
  /** Byte of the end marker (EOI). */
  readonly endOffset: number;
}

/** Most scans of a progressive picture; encoders write about ten. */
const maxScans = 100;

interface Component {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
  readonly quantization: number;
}

interface StartOfFrame {
  readonly width: number;
  readonly height: number;
  readonly process: JpegHeader['process'];
  readonly components: readonly Component[];
}

/** What the segments in front of the first scan have told so far. */
interface Tables {
  readonly quantization: Set<number>;
  readonly dc: Set<number>;
  readonly ac: Set<number>;
  frame: StartOfFrame | undefined;
}

const marker = { TEM: 0x01, SOF0: 0xc0, SOF2: 0xc2, DHT: 0xc4, JPG: 0xc8, DAC: 0xcc, SOI: 0xd8, EOI: 0xd9 } as const;
const markerSOS = 0xda;
const markerDQT = 0xdb;

/**
 * Reads a JPEG up to its first scan (ITU-T T.81 annex B) and looks for its end: everything that would make a decoder
 * allocate memory or fill in gray for pixels that never came is refused here, with `JPEG_INVALID` and the byte offset.
 *
 * Accepted: 8 bits a component, 1 (gray) or 3 (colour) components, sequential or progressive, Huffman codes, all tables
 * present (so no "abbreviated" motion JPEG), an end marker, enough bytes that every block can have been coded.
 * More than `maxPixels` (default {@link defaultMaxPixels}) throws `LIMIT_EXCEEDED`.
 */
export function readJpegHeader(jpeg: Uint8Array, options: { readonly maxPixels?: number } = {}): JpegHeader {
  if (jpeg[0] !== 0xff || jpeg[1] !== marker.SOI) throw invalid(0, 'it does not start with ff d8');
  const reader = new BoundedReader(jpeg, 'JPEG', 2);
  const tables: Tables = { quantization: new Set(), dc: new Set(), ac: new Set(), frame: undefined };
  try {
    readSegments(reader, tables);
  } catch (error) {
    if (!(error instanceof FramelaneError) || error.code !== 'TRUNCATED') throw error;
    throw invalid(error.details.offset ?? jpeg.length, 'it is cut off before its first scan');
  }
  const frame = tables.frame as StartOfFrame;
  checkPixels(frame, options.maxPixels ?? defaultMaxPixels);
  const endOffset = findEnd(jpeg, reader.offset);
  checkCodedBytes(frame, endOffset - reader.offset, endOffset);
  if (frame.process === 'progressive') checkScans(jpeg, reader.offset);
  return {
    width: frame.width,
    height: frame.height,
    components: frame.components.length as 1 | 3,
    process: frame.process,
    scanOffset: reader.offset,
    endOffset,
  };
}

/** Leaves the reader behind the header of the first scan. */
function readSegments(reader: BoundedReader, tables: Tables): void {
  for (;;) {
    const at = reader.offset;
    const code = nextMarker(reader);
    if (code === marker.TEM || (code >= 0xd0 && code <= 0xd7)) continue; // stand alone
    if (code === marker.SOI || code === marker.EOI) throw invalid(at, 'it has no picture in front of its end');
    const length = reader.u16BE();
    if (length < 2) throw invalid(at, `a segment of ${length} bytes`);
    const segment = new BoundedReader(reader.bytes(length - 2), 'JPEG segment');
    try {
      readSegment(code, segment, tables, at);
    } catch (error) {
      if (!(error instanceof FramelaneError) || error.code !== 'TRUNCATED') throw error;
      throw invalid(at, 'a segment is shorter than what it announces');
    }
    if (code === markerSOS) return;
  }
}

function nextMarker(reader: BoundedReader): number {
  const at = reader.offset;
  if (reader.u8() !== 0xff) throw invalid(at, 'no marker where one should be');
  let code = reader.u8();
  while (code === 0xff) code = reader.u8(); // fill bytes, T.81 B.1.1.2
  if (code === 0) throw invalid(at, 'no marker where one should be');
  return code;
}

function readSegment(code: number, segment: BoundedReader, tables: Tables, at: number): void {
  if (code === markerDQT) readQuantization(segment, tables, at);
  else if (code === marker.DHT) readHuffman(segment, tables, at);
  else if (code === markerSOS) readScan(segment, tables, at);
  else if (code === marker.DAC) throw invalid(at, 'arithmetic coding is not supported');
  else if (code >= marker.SOF0 && code <= 0xcf && code !== marker.JPG) {
    if (tables.frame !== undefined) throw invalid(at, 'a second start of frame');
    tables.frame = readFrame(code, segment, at);
  }
}

/** DQT, T.81 B.2.4.1. */
function readQuantization(segment: BoundedReader, tables: Tables, at: number): void {
  while (segment.remaining > 0) {
    const info = segment.u8();
    if ((info & 15) > 3 || info >> 4 > 1) throw invalid(at, `quantization table 0x${info.toString(16)}`);
    segment.skip(info >> 4 === 0 ? 64 : 128);
    tables.quantization.add(info & 15);
  }
}

/** DHT, T.81 B.2.4.2. */
function readHuffman(segment: BoundedReader, tables: Tables, at: number): void {
  while (segment.remaining > 0) {
    const info = segment.u8();
    if ((info & 15) > 3 || info >> 4 > 1) throw invalid(at, `Huffman table 0x${info.toString(16)}`);
    const codes = segment.bytes(16).reduce((sum, count) => sum + count, 0);
    if (codes > 256) throw invalid(at, `a Huffman table of ${codes} codes`);
    segment.skip(codes);
    (info >> 4 === 0 ? tables.dc : tables.ac).add(info & 15);
  }
}

/** SOFn, T.81 B.2.2. */
function readFrame(code: number, segment: BoundedReader, at: number): StartOfFrame {
  if (code > marker.SOF2) throw invalid(at, `coding process SOF${code - marker.SOF0} is not supported`);
  const precision = segment.u8();
  if (precision !== 8) throw invalid(at, `${precision} bits a component are not supported, only 8`);
  const height = segment.u16BE();
  const width = segment.u16BE();
  if (width === 0 || height === 0) throw invalid(at, `a size of ${width}x${height}`);
  const count = segment.u8();
  if (count !== 1 && count !== 3) {
    throw invalid(at, `${count} components${count === 4 ? ' (CMYK)' : ''} are not supported, only 1 (gray) or 3`);
  }
  const components = Array.from({ length: count }, () => readComponent(segment, at));
  return { width, height, process: code === marker.SOF2 ? 'progressive' : 'sequential', components };
}

function readComponent(segment: BoundedReader, at: number): Component {
  const id = segment.u8();
  const sampling = segment.u8();
  const [horizontal, vertical] = [sampling >> 4, sampling & 15];
  if (horizontal < 1 || horizontal > 4 || vertical < 1 || vertical > 4) {
    throw invalid(at, `sampling factors ${horizontal}x${vertical}`);
  }
  return { id, horizontal, vertical, quantization: segment.u8() };
}

/** SOS, T.81 B.2.3: its components and their tables must be known by now. */
function readScan(segment: BoundedReader, tables: Tables, at: number): void {
  const { frame } = tables;
  if (frame === undefined) throw invalid(at, 'a scan before the start of frame');
  const count = segment.u8();
  const selected = Array.from({ length: count }, () => [segment.u8(), segment.u8()] as const);
  const firstCoefficient = segment.u8();
  if (count < 1 || count > 4) throw invalid(at, `a scan of ${count} components`);
  for (const [id, codes] of selected) {
    const component = frame.components.find((candidate) => candidate.id === id);
    if (component === undefined) throw invalid(at, `a scan of component ${id}, which the picture has not`);
    if (!tables.quantization.has(component.quantization)) {
      throw invalid(at, `quantization table ${component.quantization} is missing`);
    }
    const needsDc = firstCoefficient === 0;
    const needsAc = frame.process === 'sequential' || firstCoefficient > 0;
    if (needsDc && !tables.dc.has(codes >> 4)) throw invalid(at, `Huffman table DC ${codes >> 4} is missing`);
    if (needsAc && !tables.ac.has(codes & 15)) throw invalid(at, `Huffman table AC ${codes & 15} is missing`);
  }
}

function checkPixels({ width, height }: StartOfFrame, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new FramelaneError(
    'LIMIT_EXCEEDED',
    `a JPEG of ${width}x${height} has more than the ${maxPixels} pixels allowed; raise maxPixels if you trust it`,
    { width, height, maxPixels },
  );
}

/** Offset of the end marker: behind the first scan's header ff d9 means nothing else. Bytes after it are let pass. */
function findEnd(jpeg: Uint8Array, scanOffset: number): number {
  for (let at = jpeg.length; ; ) {
    at = jpeg.lastIndexOf(marker.EOI, at - 1);
    if (at <= scanOffset) throw invalid(jpeg.length, 'it is cut off: no end marker');
    if (jpeg[at - 1] === 0xff) return at - 1;
  }
}

/**
 * No Huffman code is shorter than one bit and every block of 8x8 has at least two (sequential: DC, then end of block) or
 * one (progressive: DC). A picture that has fewer bytes than that was cut, or wants memory on its header's word.
 */
function checkCodedBytes(frame: StartOfFrame, codedBytes: number, endOffset: number): void {
  const across = Math.max(...frame.components.map((component) => component.horizontal));
  const down = Math.max(...frame.components.map((component) => component.vertical));
  const blocks = frame.components.reduce((sum, { horizontal, vertical }) => {
    const columns = Math.ceil((frame.width * horizontal) / across / 8);
    return sum + columns * Math.ceil((frame.height * vertical) / down / 8);
  }, 0);
  const least = Math.floor((blocks * (frame.process === 'sequential' ? 2 : 1)) / 8);
  if (codedBytes >= least) return;
  throw invalid(endOffset, `${codedBytes} coded bytes cannot hold ${frame.width}x${frame.height} pixels`);
}

/** A progressive picture is gone over once a scan: a small file could keep a processor busy for minutes. */
function checkScans(jpeg: Uint8Array, scanOffset: number): void {
  let scans = 1;
  for (let at = jpeg.indexOf(markerSOS, scanOffset); at !== -1; at = jpeg.indexOf(markerSOS, at + 1)) {
    if (jpeg[at - 1] === 0xff) scans++;
    if (scans > maxScans) throw invalid(at - 1, `more than ${maxScans} scans`);
  }
}

function invalid(offset: number, what: string): FramelaneError {
  return new FramelaneError('JPEG_INVALID', `JPEG cannot be decoded, byte ${offset}: ${what}`, { offset });
}
