import type { PixelFormat } from '../frame/pixel-format.js';
import { DecodedSource } from './decoded-source.js';
import { DecodingSink } from './decoding-sink.js';
import { EncodedSource } from './encoded-source.js';
import { EncodingSink, encodingOf } from './encoding-sink.js';
import { PacedSource, PacedUnits } from './pace.js';
import type { Sink } from './sink.js';
import type { Source } from './source.js';
import { isUnitSink, type UnitSink } from './unit-sink.js';
import { isUnitSource, type UnitSource } from './unit-source.js';

/** Ends of a pipe that speak the same: frames or access units. */
export type FittedEnds =
  | { readonly kind: 'frames'; readonly source: Source; readonly sinks: readonly Sink[] }
  | { readonly kind: 'units'; readonly source: UnitSource; readonly sinks: readonly UnitSink[] };

/** The rate of recordings that do not say theirs. */
const usualFps = 25;

/**
 * Puts encoders and decoders where the ends of a pipe need them. Units flow as they are where a sink takes them; a
 * recording goes to a network at the rate at which it is shown, unless `fps` says otherwise.
 */
export async function fitEnds(
  source: Source | UnitSource,
  sinks: readonly (Sink | UnitSink)[],
  fps?: number,
): Promise<FittedEnds> {
  const rate = fps ?? (await usualRate(source, sinks));
  if (!isUnitSource(source)) return fitFrames(rate > 0 ? new PacedSource(source, rate) : source, sinks);
  const units = rate > 0 ? new PacedUnits(source, rate) : source;
  const { codec } = await source.info();
  const takes = (sink: Sink | UnitSink): sink is UnitSink => isUnitSink(sink) && sink.accepts.includes(codec);
  if (!sinks.some(takes)) return fitFrames(new DecodedSource(units, source.pixels ?? pixelsFor(sinks)), sinks);
  const fitted = sinks.map((sink) => (takes(sink) ? sink : new DecodingSink(asFrameSink(sink), codec, source.pixels)));
  return { kind: 'units', source: units, sinks: fitted };
}

/** Frames a second at which a source is to be slowed down; 0 for not at all. */
async function usualRate(source: Source | UnitSource, sinks: readonly (Sink | UnitSink)[]): Promise<number> {
  const live = sinks.some((sink) => isUnitSink(sink) && sink.realTime === true);
  return live && source.recorded === true ? ((await source.info()).fps ?? usualFps) : 0;
}

function fitFrames(source: Source, sinks: readonly (Sink | UnitSink)[]): FittedEnds {
  const [only, ...others] = sinks;
  if (only !== undefined && others.length === 0 && isUnitSink(only)) {
    return { kind: 'units', source: new EncodedSource(source, encodingOf(only)), sinks: [only] };
  }
  return { kind: 'frames', source, sinks: sinks.map(asFrameSink) };
}

/** Encoders want what decoders make; programs want colours. */
function pixelsFor(sinks: readonly (Sink | UnitSink)[]): PixelFormat {
  return sinks.every(isUnitSink) ? 'i420' : 'rgb24';
}

/** A sink of frames as it is, one of units behind an encoder. */
export function asFrameSink(sink: Sink | UnitSink): Sink {
  return isUnitSink(sink) ? new EncodingSink(sink) : sink;
}
