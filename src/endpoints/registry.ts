import { FramelaneError } from '../error.js';
import { type Codec, codecs } from '../nal/index.js';
import { DecodedSource } from './decoded-source.js';
import { FileSource } from './file.js';
import { asFrameSink } from './fit.js';
import { didYouMean } from './nearest.js';
import { npySink } from './npy.js';
import { NullSink } from './null.js';
import { PacedSource } from './pace.js';
import { pngSink } from './png.js';
import { QtSource } from './qt.js';
import { QtSink } from './qt-sink.js';
import { RawSource } from './raw.js';
import { RawSink } from './raw-sink.js';
import { openRtpFrames, openRtpSink } from './rtp.js';
import type { RtpSinkOptions } from './rtp-sink.js';
import { ShmSource } from './shm.js';
import { ShmSink, type ShmSinkOptions } from './shm-sink.js';
import type { Sink } from './sink.js';
import type { Source } from './source.js';
import { TestSource } from './test.js';
import { tineSource } from './tine.js';
import { TineFileSource } from './tine-file.js';
import { TineFileSink } from './tine-file-sink.js';
import { unitSinks, unitSources } from './unit-registry.js';
import { isUnitSink, type UnitSink } from './unit-sink.js';
import { isUnitSource, type UnitSource } from './unit-source.js';
import { type EndpointUri, parseUri, readOptions } from './uri.js';

/** What a source is told beside its address. */
export interface OpenSourceOptions {
  /** Frames a second, whatever the source would do by itself; 0 for as fast as possible. */
  readonly fps?: number;
  /** Begin again at the end, where the source has one. */
  readonly loop?: boolean;
  /** Keep what frames are decoded from, for `originalOf`, where the source can: `tine:`, `tine-file:`. */
  readonly originals?: boolean;
  /** Told of what went wrong and is tried again: a camera that went away. */
  readonly onTrouble?: (error: FramelaneError) => void;
  /** Told of what makes it work less well than it could: a buffer of the kernel that is too small. */
  readonly onWarning?: (warning: FramelaneError) => void;
}

/** What a sink is told beside its address. */
export interface OpenSinkOptions extends ShmSinkOptions, RtpSinkOptions {}

type SourceOpener = (uri: EndpointUri, options: OpenSourceOptions) => Source | Promise<Source>;
type SinkOpener = (uri: EndpointUri, options: OpenSinkOptions) => Sink | UnitSink | Promise<Sink>;

const sources: Record<string, SourceOpener> = {
  test: (uri, { fps }) => TestSource.fromUri(uri, fps),
  file: openFile,
  raw: (uri, { fps, loop }) => {
    const source = new RawSource(uri, loop);
    return paced(source, fps ?? source.fps);
  },
  shm: (uri, { fps }) => paced(new ShmSource(uri), fps),
  qt: (uri, { fps }) => paced(new QtSource(uri), fps),
  rtp: openRtpFrames,
  srtp: openRtpFrames,
  tine: (uri, { fps, onTrouble, originals }) => paced(tineSource(uri, { onTrouble, originals }), fps),
  'tine-file': (uri, { fps, loop, originals }) => {
    const source = new TineFileSource(uri, loop, originals);
    return paced(source, fps ?? source.fps);
  },
};

const sinks: Record<string, SinkOpener> = {
  shm: (uri, options) => new ShmSink(uri, options),
  qt: (uri) => new QtSink(uri),
  rtp: openRtpSink,
  srtp: openRtpSink,
  png: pngSink,
  npy: npySink,
  raw: (uri) => new RawSink(uri),
  'tine-file': (uri) => new TineFileSink(uri),
  null: (uri) => {
    readOptions(uri, {});
    return new NullSink();
  },
};

/** Schemes that can be read from. */
export const sourceSchemes: readonly string[] = unique(sources, unitSources);

/** Schemes that can be written to. */
export const sinkSchemes: readonly string[] = unique(sinks, unitSinks);

function unique(...tables: object[]): string[] {
  return [...new Set(tables.flatMap((table) => Object.keys(table)))];
}

/**
 * A source of frames by its address. Nothing is read and no ring attached before `info()` or the iteration. Encoded video
 * is decoded, by an ffmpeg of its own. Throws `UNKNOWN_SCHEME`, `BAD_URI`.
 */
export async function openSource(address: string, options: OpenSourceOptions = {}): Promise<Source> {
  const uri = parseUri(address);
  const opener = openerOf({ ...unitSources, ...sources }, { ...unitSinks, ...sinks }, uri, 'source');
  const source = await opener(uri, options, codecs);
  if (source === undefined) throw noUnits(uri);
  return isUnitSource(source) ? new DecodedSource(source) : source;
}

/**
 * A sink of frames by its address. Nothing is made before `begin()` or the first frame. For a sink of encoded video an
 * ffmpeg of its own encodes. Throws `UNKNOWN_SCHEME`, `BAD_URI`, `UNSUPPORTED`.
 */
export async function openSink(address: string, options: OpenSinkOptions = {}): Promise<Sink> {
  return asFrameSink(await openAnySink(address, options));
}

/**
 * A source of encoded video by its address: `file:` of elementary streams, and of containers with avc or hevc, whose
 * video comes as it is. Throws `UNKNOWN_SCHEME`, `BAD_URI`, and `UNSUPPORTED` for what only has frames.
 */
export async function openUnitSource(address: string, options: OpenSourceOptions = {}): Promise<UnitSource> {
  const uri = parseUri(address);
  openerOf({ ...unitSources, ...sources }, { ...unitSinks, ...sinks }, uri, 'source');
  const source = await unitSourceOf(uri, options, codecs);
  if (source === undefined) throw noUnits(uri);
  return source;
}

/** A sink of encoded video by its address. Throws `UNKNOWN_SCHEME`, `BAD_URI`, and `UNSUPPORTED` for sinks of frames. */
export async function openUnitSink(address: string): Promise<UnitSink> {
  const sink = await openAnySink(address);
  if (isUnitSink(sink)) return sink;
  throw new FramelaneError('UNSUPPORTED', `${address} takes frames, not encoded video`, { subject: address });
}

/** A sink of whatever its address takes: encoded video rather than frames. For pipes. */
export async function openAnySink(address: string, options: OpenSinkOptions = {}): Promise<Sink | UnitSink> {
  const uri = parseUri(address);
  const opener = openerOf({ ...sinks, ...unitSinks }, { ...sources, ...unitSources }, uri, 'sink');
  return opener(uri, options);
}

/** A source of what the sinks of a pipe take: encoded video where one does and the address has it, otherwise frames. */
export async function openSourceFor(
  sinks: readonly (Sink | UnitSink)[],
  address: string,
  options: OpenSourceOptions = {},
): Promise<Source | UnitSource> {
  const accepts = sinks.flatMap((sink) => (isUnitSink(sink) ? sink.accepts : []));
  return openUnitsOrFrames(address, accepts, options);
}

/** A source of encoded video where the address has it in one of these codecs as it is, otherwise of frames. */
export async function openUnitsOrFrames(
  address: string,
  accepts: readonly Codec[],
  options: OpenSourceOptions = {},
): Promise<Source | UnitSource> {
  const units = accepts.length === 0 ? undefined : await unitSourceOf(parseUri(address), options, accepts);
  return units ?? openSource(address, options);
}

async function unitSourceOf(uri: EndpointUri, options: OpenSourceOptions, accepts: readonly Codec[]) {
  return Object.hasOwn(unitSources, uri.scheme) ? unitSources[uri.scheme]?.(uri, options, accepts) : undefined;
}

function noUnits(uri: EndpointUri): FramelaneError {
  const message = `${uri.text}: there is no encoded video of ${codecs.join(', ')} in it as it is`;
  return new FramelaneError('UNSUPPORTED', message, { subject: uri.text });
}

function openerOf<T>(table: Readonly<Record<string, T>>, other: object, uri: EndpointUri, role: 'source' | 'sink'): T {
  const opener = Object.hasOwn(table, uri.scheme) ? table[uri.scheme] : undefined;
  if (opener !== undefined) return opener;
  const known = Object.keys(table).map((scheme) => `${scheme}:`);
  const verb = role === 'source' ? 'read from' : 'written to';
  const what = Object.hasOwn(other, uri.scheme)
    ? `${uri.scheme}: cannot be ${verb}`
    : `no ${role} is called "${uri.scheme}:"`;
  const bare = uri.text.startsWith('file:') ? '' : ' (a file name with a colon in it: put file: before it)';
  const hint = Object.hasOwn(other, uri.scheme) ? `known: ${known.join(', ')}` : didYouMean(`${uri.scheme}:`, known);
  throw new FramelaneError('UNKNOWN_SCHEME', `${uri.text}: ${what}; ${hint}${role === 'source' ? bare : ''}`, {
    subject: uri.text,
  });
}

function paced(source: Source, fps: number | undefined): Source {
  return fps === undefined || fps === 0 ? source : new PacedSource(source, fps);
}

async function openFile(uri: EndpointUri, { fps, loop }: OpenSourceOptions): Promise<Source> {
  const source = new FileSource(uri, loop);
  const wanted = fps ?? source.fps;
  return paced(source, wanted === 'native' ? (await source.info()).fps : wanted);
}
