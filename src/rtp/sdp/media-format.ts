import { FramelaneError } from '../../error.js';
import type { Codec, NalCodec } from '../../nal/index.js';
import type { FormatParameters } from './format-parameters.js';
import { sdpInvalid, wholeNumber } from './line.js';
import { profileLevelId, readParameterSets, writeParameterSets } from './parameter-sets.js';
import { type RawMediaFormat, readRawParameters, writeRawParameters } from './raw-parameters.js';

/** H.264 (RFC 6184 section 8.1). */
export interface AvcMediaFormat {
  /** H.264. */
  readonly codec: 'avc';
  /** 0: one NAL unit a packet; 1: also aggregated and fragmented. */
  readonly packetizationMode: 0 | 1;
  /** Profile and level in hexadecimal, as written; taken from the parameter sets when not said. */
  readonly profileLevelId?: string;
  /** Sequence and picture parameter sets, without start codes; empty: they come in the stream. */
  readonly parameterSets: readonly Uint8Array[];
}

/** H.265 (RFC 7798 section 7.1) and H.266 (RFC 9328 section 7.2). */
export interface HevcMediaFormat {
  /** H.265 or H.266. */
  readonly codec: 'hevc' | 'vvc';
  /** Whether packets carry decoding order numbers: `sprop-max-don-diff` over 0. */
  readonly donl: boolean;
  /** How many NAL units may be sent between one and the one decoded next (`sprop-max-don-diff`); with `donl`, default 1. */
  readonly maxDonDiff?: number;
  /** Video, sequence and picture parameter sets, without start codes; empty: they come in the stream. */
  readonly parameterSets: readonly Uint8Array[];
}

/** JPEG (RFC 2435): the packets say everything, but not every size. */
export interface JpegMediaFormat {
  /** JPEG pictures. */
  readonly codec: 'jpeg';
  /** Pixels across, where packets do not say it (over 2040) or round it up to a multiple of 8: `a=framesize`. */
  readonly width?: number;
  /** Rows, as {@link width}. */
  readonly height?: number;
}

/** Any bytes, in Framelane's own payload format. */
export interface GenericMediaFormat {
  /** Anything. */
  readonly codec: 'generic';
  /** Whether packets have no payload header, as `GenericPayloader` with `bare`. */
  readonly bare: boolean;
}

/** What the packets of a payload type hold. */
export type MediaFormat = AvcMediaFormat | HevcMediaFormat | JpegMediaFormat | RawMediaFormat | GenericMediaFormat;

/** Names of the payload formats in `rtpmap`. */
const encodings: Readonly<Record<Codec, string>> = {
  avc: 'H264',
  hevc: 'H265',
  vvc: 'H266',
  jpeg: 'JPEG',
  raw: 'raw',
  generic: 'x-framelane-generic',
};

/** The name of a codec's payload format in `rtpmap`. */
export function encodingOf(codec: Codec): string {
  return encodings[codec];
}

/** The codec of a payload format by its name, in small letters or capitals; undefined for one that Framelane has not. */
export function codecOf(encoding: string): Codec | undefined {
  const names = Object.entries(encodings) as [Codec, string][];
  return names.find(([, name]) => name.toLowerCase() === encoding.toLowerCase())?.[0];
}

/** Reads the parameters of a codec. `line` is that of its `fmtp`, for messages. */
export function readMediaFormat(codec: Codec, parameters: FormatParameters, line: number): MediaFormat {
  switch (codec) {
    case 'avc':
      return readAvc(parameters, line);
    case 'hevc':
    case 'vvc':
      return readHevc(codec, parameters, line);
    case 'raw':
      return readRawParameters(parameters, line);
    case 'generic':
      return { codec, bare: parameters.has('bare') };
    case 'jpeg':
      return { codec };
  }
}

function readAvc(parameters: FormatParameters, line: number): AvcMediaFormat {
  const mode = parameters.get('packetization-mode') ?? '0';
  if (mode === '2') throw new FramelaneError('UNSUPPORTED', `SDP line ${line}: interleaved H.264 (mode 2)`, { line });
  if (mode !== '0' && mode !== '1') throw sdpInvalid(line, 'packetization-mode is 0, 1 or 2');
  const parameterSets = readParameterSets('avc', parameters, line);
  const profile = parameters.get('profile-level-id');
  if (profile !== undefined && !/^[0-9a-f]{6}$/i.test(profile)) {
    throw sdpInvalid(line, 'profile-level-id is six hexadecimal digits');
  }
  return {
    codec: 'avc',
    packetizationMode: mode === '1' ? 1 : 0,
    ...(profile === undefined ? {} : { profileLevelId: profile }),
    parameterSets,
  };
}

function readHevc(codec: 'hevc' | 'vvc', parameters: FormatParameters, line: number): HevcMediaFormat {
  const maxDonDiff = wholeNumber(parameters.get('sprop-max-don-diff') ?? '0', 32_767);
  if (maxDonDiff === undefined) throw sdpInvalid(line, 'sprop-max-don-diff is a number from 0 to 32767');
  const mode = (parameters.get('tx-mode') ?? 'SRST').toUpperCase();
  if (mode !== 'SRST')
    throw new FramelaneError('UNSUPPORTED', `SDP line ${line}: ${codec} over several streams`, { line });
  const order = maxDonDiff > 0 ? { donl: true, maxDonDiff } : { donl: false };
  return { codec, ...order, parameterSets: readParameterSets(codec, parameters, line) };
}

/** The parameters of a format, for `fmtp`. */
export function writeMediaFormat(format: MediaFormat): FormatParameters {
  switch (format.codec) {
    case 'avc':
      return new Map(avcParameters(format));
    case 'hevc':
    case 'vvc':
      return new Map(hevcParameters(format));
    case 'raw':
      return new Map(writeRawParameters(format));
    case 'generic':
      return new Map(format.bare ? [['bare', '']] : []);
    case 'jpeg':
      return new Map();
  }
}

function avcParameters({
  packetizationMode,
  profileLevelId: given,
  parameterSets,
}: AvcMediaFormat): [string, string][] {
  const profile = given ?? profileLevelId(parameterSets);
  return [
    ['packetization-mode', `${packetizationMode}`],
    ...(profile === undefined ? [] : [['profile-level-id', profile] as [string, string]]),
    ...writeParameterSets('avc', parameterSets),
  ];
}

function hevcParameters({ codec, donl, maxDonDiff = 1, parameterSets }: HevcMediaFormat): [string, string][] {
  const order: [string, string][] = donl ? [['sprop-max-don-diff', `${maxDonDiff}`]] : [];
  return [...order, ...writeParameterSets(codec satisfies NalCodec, parameterSets)];
}
