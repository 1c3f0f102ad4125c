import { type FrameSpec, frameLayout, type Metadata, pixelFormats } from '../../src/frame/index.js';
import { fieldOf, pixelByte, planeSum } from './field.js';

/** One frame that a producer publishes and every reader must see. */
export interface Case extends FrameSpec {
  readonly captureTime: bigint;
  readonly area: readonly number[] | undefined;
  readonly seed: number;
  readonly metadata: Metadata;
}

const sizes = [
  [1, 1],
  [7, 5],
  [16, 8],
  [33, 17],
] as const;

/** Extra bytes behind the rows of each plane: odd ones, so that 16-bit rows are not aligned. */
const paddings = [undefined, [5, 3, 1]] as const;

const captureTimes = [0n, 1n, 1_700_000_000_123_456_789n, (1n << 63n) + 5n, (1n << 64n) - 1n];
const areas = [undefined, [0, 0, 4112, 3008], [1, 2, 640, 480], [0xffff_ffff, 0xffff_fffe, 0xffff_fffd, 0xffff_fffc]];

const metadata: readonly Metadata[] = [
  {},
  { on: true, off: false },
  { zero: 0, one: 1, minus: -7, big: 2 ** 53 - 1, least: -(1n << 63n), most: (1n << 63n) - 1n },
  {
    half: 0.5,
    minusZero: -0,
    tiny: 5e-324,
    huge: -1.7976931348623157e308,
    inf: Number.POSITIVE_INFINITY,
    nan: Number.NaN,
  },
  { empty: '', text: 'Strahl ä 束 🚦', Schlüssel: 'key beyond ASCII', long: 'x'.repeat(300) },
  { none: new Uint8Array(0), bytes: Uint8Array.of(0, 1, 127, 128, 255), ['k'.repeat(255)]: true },
];

const pick = <T>(from: readonly T[], index: number): T => from[index % from.length] as T;

/** Every format, odd and even sizes, packed and padded rows; size and format change from each frame to the next. */
export function matrixCases(): Case[] {
  const cases: Case[] = [];
  for (const padding of paddings) {
    for (const [width, height] of sizes) {
      for (const format of pixelFormats) {
        const seed = cases.length;
        const rows = frameLayout({ format, width, height }).planes.map(({ rowBytes }) => rowBytes);
        const strides = padding && rows.map((bytes, plane) => bytes + pick(padding, plane));
        const described = {
          area: pick(areas, seed),
          captureTime: pick(captureTimes, seed),
          metadata: pick(metadata, seed),
        };
        cases.push({ format, width, height, strides, seed, ...described });
      }
    }
  }
  return cases;
}

/** Bytes that the largest of them takes. */
export function capacityOf(cases: readonly Case[]): number {
  return Math.max(...cases.map((one) => frameLayout(one).bytes));
}

const numbers = (list: readonly number[] | undefined) => list?.join() ?? '-';

/** Cases as the file that producers read. */
export function caseFile(cases: readonly Case[]): string {
  const line = (one: Case) =>
    [
      one.format,
      one.width,
      one.height,
      numbers(one.strides),
      one.captureTime,
      numbers(one.area),
      one.seed,
      fieldOf(one.metadata),
    ].join(' ');
  return `${cases.map(line).join('\n')}\n`;
}

/** What each reader must report of a case published as frame number `sequence`. */
export function expectedReport(one: Case, sequence: number): object {
  const { format, width, height } = one;
  const { planes } = frameLayout(one);
  return {
    format,
    width,
    height,
    sequence,
    captureTime: String(one.captureTime),
    area: numbers(one.area),
    strides: planes.map(({ stride }) => stride),
    sums: planes.map(({ rows, rowBytes }, plane) =>
      planeSum(rows, rowBytes, (row, column) => pixelByte(one.seed, plane, row, column)),
    ),
    metadata: fieldOf(one.metadata),
  };
}
