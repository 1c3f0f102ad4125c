import { FramelaneError } from '../../error.js';
import {
  type RawDepth,
  type RawFormat,
  type RawSampling,
  rawDepths,
  rawLayout,
  rawSamplings,
} from '../payload/index.js';
import type { FormatParameters } from './format-parameters.js';
import { quoted, sdpInvalid, wholeNumber } from './line.js';

/** Uncompressed video as `fmtp` tells it (RFC 4175 section 6.1, SMPTE ST 2110-20 section 7). */
export interface RawMediaFormat extends RawFormat {
  /** Uncompressed. */
  readonly codec: 'raw';
  /** `BT601-5`, `BT709-2`, `BT2020` and so on, as written; undefined when not said. */
  readonly colorimetry?: string;
  /** Pictures a second as written: `25`, `30000/1001` (ST 2110-20 `exactframerate`). */
  readonly exactFrameRate?: string;
  /** Packing mode of ST 2110-20, `2110GPM` or `2110BPM`. */
  readonly packingMode?: string;
  /** Standard of ST 2110-20, `ST2110-20:2017`. */
  readonly standard?: string;
}

/** Optional parameters, as fields and as `fmtp` names in small letters. */
const optional = [
  ['colorimetry', 'colorimetry'],
  ['exactFrameRate', 'exactframerate'],
  ['packingMode', 'pm'],
  ['standard', 'ssn'],
] as const;

/** Reads the parameters. Throws `SDP_INVALID` for what is missing, `UNSUPPORTED` for what RFC 4175 has and we have not. */
export function readRawParameters(parameters: FormatParameters, line: number): RawMediaFormat {
  const text = (name: string): string => parameters.get(name) ?? '';
  const [width, height] = ['width', 'height'].map((name) => wholeNumber(text(name), 32_767));
  if (width === undefined || height === undefined)
    throw sdpInvalid(line, 'raw video has no width and height, 1 to 32767');
  const sampling = rawSamplings.find((known) => known.toLowerCase() === text('sampling').toLowerCase());
  const depth = rawDepths.find((known) => `${known}` === text('depth'));
  if (sampling === undefined || depth === undefined || parameters.has('interlace')) {
    const scan = parameters.has('interlace') ? 'interlaced ' : '';
    const what = `${scan}raw video of sampling ${quoted(text('sampling'))}, depth ${quoted(text('depth'))}`;
    throw new FramelaneError('UNSUPPORTED', `SDP line ${line}: ${what}; known are ${rawSamplings.join(', ')}`, {
      line,
    });
  }
  checkLayout({ sampling, depth, width, height }, line);
  const others = optional.flatMap(([field, name]) => (parameters.has(name) ? [[field, text(name)]] : []));
  return { codec: 'raw', sampling, depth, width, height, ...Object.fromEntries(others) };
}

function checkLayout(
  format: { sampling: RawSampling; depth: RawDepth; width: number; height: number },
  line: number,
): void {
  try {
    rawLayout(format);
  } catch (cause) {
    throw sdpInvalid(line, cause instanceof FramelaneError ? cause.message : 'raw video that cannot be');
  }
}

/** The parameters of a format. RFC 4175 wants a colorimetry; BT601-5 is said when the format does not. */
export function writeRawParameters(format: RawMediaFormat): [string, string][] {
  const { sampling, depth, width, height } = format;
  const { exactFrameRate, packingMode, standard, colorimetry = 'BT601-5' } = format;
  const written: [string, string | undefined][] = [
    ['sampling', sampling],
    ['width', `${width}`],
    ['height', `${height}`],
    ['depth', `${depth}`],
    ['colorimetry', colorimetry],
    ['exactframerate', exactFrameRate],
    ['PM', packingMode],
    ['SSN', standard],
  ];
  return written.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
}
