import { FramelaneError } from '../../error.js';

/**
 * Samplings of RFC 4175 section 6.1, with the samples of their smallest group of pixels; KEY, one sample a pixel, is
 * from SMPTE ST 2110-20 section 7.4.4 and carries gray.
 */
const samplings = {
  RGB: { samples: 3, width: 1, height: 1 },
  RGBA: { samples: 4, width: 1, height: 1 },
  BGR: { samples: 3, width: 1, height: 1 },
  BGRA: { samples: 4, width: 1, height: 1 },
  'YCbCr-4:4:4': { samples: 3, width: 1, height: 1 },
  'YCbCr-4:2:2': { samples: 4, width: 2, height: 1 },
  'YCbCr-4:2:0': { samples: 6, width: 2, height: 2 },
  'YCbCr-4:1:1': { samples: 6, width: 4, height: 1 },
  KEY: { samples: 1, width: 1, height: 1 },
} as const;

/** What the samples of a pixel are, by the names that an SDP has for it. */
export type RawSampling = keyof typeof samplings;

/** Every sampling. */
export const rawSamplings = Object.keys(samplings) as readonly RawSampling[];

/** Bits a sample that RFC 4175 knows. */
export const rawDepths = [8, 10, 12, 16] as const;

/** One of {@link rawDepths}. */
export type RawDepth = (typeof rawDepths)[number];

/** Offsets in a line and line numbers have 15 bits (RFC 4175 section 4.1). */
const sideLimit = 32_767;

/** Uncompressed video on RTP: what the SDP's fmtp line says of it (RFC 4175 section 6.1). Progressive only. */
export interface RawFormat {
  /** What the samples of a pixel are. */
  readonly sampling: RawSampling;
  /** Bits a sample. Samples of 16 bits are big-endian; those of 10 and 12 bits lie without gaps. */
  readonly depth: RawDepth;
  /** Pixels across, 1 to 32767; whole pixel groups. */
  readonly width: number;
  /** Rows, 1 to 32767; even for 4:2:0. */
  readonly height: number;
}

/**
 * How a picture of a {@link RawFormat} lies in memory: pixel groups (pgroups: the fewest pixels whose samples are whole
 * bytes, RFC 4175 section 4.3), left to right, then top to bottom, without gaps.
 */
export interface RawLayout {
  /** Bytes of a pixel group. */
  readonly groupBytes: number;
  /** Pixels across of a pixel group. */
  readonly groupWidth: number;
  /** Rows of a pixel group: 2 for 4:2:0, else 1. Line numbers count in steps of it. */
  readonly groupHeight: number;
  /** Bytes of a row of pixel groups. */
  readonly rowBytes: number;
  /** Rows of pixel groups. */
  readonly rows: number;
  /** Bytes of the picture. */
  readonly bytes: number;
}

/** Where everything is in a picture. Throws `BAD_ARGUMENT` for a format that RFC 4175 cannot send. */
export function rawLayout({ sampling, depth, width, height }: RawFormat): RawLayout {
  const group = samplings[sampling];
  if (group === undefined || !rawDepths.includes(depth)) {
    throw refused(
      `sampling ${sampling} of ${depth} bits: known are ${rawSamplings.join(', ')} of ${rawDepths.join(', ')}`,
    );
  }
  // As many of the smallest groups as make whole bytes: 1, 2 or 4.
  const times = [1, 2, 4].find((count) => (count * group.samples * depth) % 8 === 0) as number;
  const groupBytes = (times * group.samples * depth) / 8;
  const groupWidth = times * group.width;
  const { height: groupHeight } = group;
  if (!isSide(width, groupWidth) || !isSide(height, groupHeight)) {
    const steps = `width a multiple of ${groupWidth}, height of ${groupHeight}`;
    throw refused(
      `${width}x${height} as ${sampling} of ${depth} bits: at most ${sideLimit} each, ${steps}; crop the picture`,
    );
  }
  const rowBytes = (width / groupWidth) * groupBytes;
  const rows = height / groupHeight;
  return { groupBytes, groupWidth, groupHeight, rowBytes, rows, bytes: rowBytes * rows };
}

const isSide = (side: number, step: number): boolean =>
  Number.isInteger(side) && side >= 1 && side <= sideLimit && side % step === 0;

const refused = (what: string): FramelaneError => new FramelaneError('BAD_ARGUMENT', what);
