import type { Codec } from '../nal/index.js';
import { DecodedSource } from './decoded-source.js';
import { PacedSource, PacedUnits } from './pace.js';
import type { OpenSourceOptions } from './registry.js';
import { RtpRawSink } from './rtp-raw-sink.js';
import { RtpRawSource } from './rtp-raw-source.js';
import { RtpSink, type RtpSinkOptions, rtpSinkReaders } from './rtp-sink.js';
import { RtpSource } from './rtp-source.js';
import type { Sink } from './sink.js';
import type { Source } from './source.js';
import { refuseWrittenKey } from './srtp-keys.js';
import type { UnitSink } from './unit-sink.js';
import type { UnitSource } from './unit-source.js';
import { type EndpointUri, readOptions } from './uri.js';

/** `rtp:` and `srtp:` as a source of encoded video; undefined when it is not in a codec that is accepted, and frames are to be had. */
export async function openRtpUnits(
  uri: EndpointUri,
  { fps, onWarning }: OpenSourceOptions,
  accepts: readonly Codec[],
): Promise<UnitSource | undefined> {
  refuseWrittenKey(uri);
  const source = new RtpSource(uri, onWarning);
  const { codec } = await source.format();
  if (codec === 'raw' || !accepts.includes(codec)) return undefined;
  return fps === undefined || fps === 0 ? source : new PacedUnits(source, fps);
}

/** `rtp:` and `srtp:` as a source of frames: decoded by an ffmpeg, or uncompressed as they are. */
export async function openRtpFrames(uri: EndpointUri, { fps, onWarning }: OpenSourceOptions): Promise<Source> {
  refuseWrittenKey(uri);
  const source = new RtpSource(uri, onWarning);
  const format = await source.format();
  const frames = format.codec === 'raw' ? new RtpRawSource(source, format) : new DecodedSource(source);
  return fps === undefined || fps === 0 ? frames : new PacedSource(frames, fps);
}

/** `rtp:` and `srtp:` as a sink: of encoded video, or of frames with `codec=raw`. */
export function openRtpSink(uri: EndpointUri, options: RtpSinkOptions): Sink | UnitSink {
  refuseWrittenKey(uri);
  const { codec } = readOptions(uri, rtpSinkReaders);
  return codec === 'raw' ? new RtpRawSink(uri, options) : new RtpSink(uri, options);
}
