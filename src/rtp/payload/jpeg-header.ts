import { standardHuffmanTables } from './jpeg-tables.js';

/** What the header of a JPEG file says, as far as RFC 2435 leaves a choice. */
export interface JpegHeader {
  /** Pixels across and down. */
  readonly width: number;
  readonly height: number;
  /** 0: chroma halved across (4:2:2); 1: across and down (4:2:0). */
  readonly type: 0 | 1;
  /** Blocks (MCUs) between restart markers; 0 for none. */
  readonly restartInterval: number;
  /** Tables for luminance and chrominance, 64 bytes each, in the order of a file. */
  readonly quantization: Uint8Array;
}

/** JFIF 1.01, pixels square, no thumbnail. */
const application = [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];

/** Marker, length, content (ITU-T T.81 B.1.1.4). */
const segment = (marker: number, ...content: readonly number[]): number[] => [
  0xff,
  marker,
  (content.length + 2) >> 8,
  (content.length + 2) & 0xff,
  ...content,
];

const huffmanSegments = standardHuffmanTables.flatMap((table) => segment(0xc4, ...table));
const scanSegment = segment(0xda, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0);

/** Everything of a JFIF file before the entropy-coded bytes, as RFC 2435 appendix B makes it. */
export function jpegHeader({ width, height, type, restartInterval, quantization }: JpegHeader): Uint8Array {
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  const luminanceFactors = type === 0 ? 0x21 : 0x22;
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, ...application),
    ...segment(0xdb, 0, ...quantization.subarray(0, 64)),
    ...segment(0xdb, 1, ...quantization.subarray(64, 128)),
    ...segment(0xc0, 8, ...size, 3, 1, luminanceFactors, 0, 2, 0x11, 1, 3, 0x11, 1),
    ...huffmanSegments,
    ...(restartInterval > 0 ? segment(0xdd, restartInterval >> 8, restartInterval & 0xff) : []),
    ...scanSegment,
  ]);
}
