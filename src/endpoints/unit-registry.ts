import type { Codec } from '../nal/index.js';
import { CopiedSource } from './copied-source.js';
import { fileOptions } from './file.js';
import { PacedUnits } from './pace.js';
import type { OpenSourceOptions } from './registry.js';
import { openRtpUnits } from './rtp.js';
import { streamFileCodec } from './stream-file.js';
import { StreamFileSink } from './stream-sink.js';
import { type RecordingOptions, StreamFileSource } from './stream-source.js';
import type { UnitSink } from './unit-sink.js';
import type { UnitSource } from './unit-source.js';
import { badUri, type EndpointUri } from './uri.js';

/**
 * Opens what an address has of encoded video in one of the codecs that are accepted; undefined when it has none, and
 * frames are to be had instead.
 */
type UnitSourceOpener = (
  uri: EndpointUri,
  options: OpenSourceOptions,
  accepts: readonly Codec[],
) => Promise<UnitSource | undefined>;

/** Schemes of encoded video. One that is not among those of frames is decoded for whoever wants frames. */
export const unitSources: Readonly<Record<string, UnitSourceOpener>> = {
  file: openFile,
  rtp: openRtpUnits,
  srtp: openRtpUnits,
};

/** The same for sinks: whoever has frames gets an encoder. */
export const unitSinks: Readonly<Record<string, (uri: EndpointUri) => UnitSink>> = {
  file: (uri) => new StreamFileSink(uri),
};

async function openFile(
  uri: EndpointUri,
  { fps, loop }: OpenSourceOptions,
  accepts: readonly Codec[],
): Promise<UnitSource | undefined> {
  const options = fileOptions(uri);
  if (options.format !== undefined || options.copy === false) return undefined;
  const wanted = fps ?? options.fps;
  const source = await unitsOfFile(uri, {
    loop: options.loop ?? loop,
    fps: typeof wanted === 'number' && wanted > 0 ? wanted : undefined,
  });
  const info = await source?.info();
  if (source === undefined || info === undefined || !accepts.includes(info.codec)) return undefined;
  const rate = wanted === 'native' ? info.fps : wanted;
  return rate === undefined ? source : new PacedUnits(source, rate);
}

async function unitsOfFile(uri: EndpointUri, options: RecordingOptions): Promise<UnitSource | undefined> {
  if (uri.path === '') throw badUri(uri, 'name the video file: file:PATH');
  const codec = streamFileCodec(uri);
  if (codec !== undefined) return new StreamFileSource(uri.text, uri.path, codec, options);
  return CopiedSource.open(uri.text, uri.path, options);
}
