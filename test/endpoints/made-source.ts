import type { Source, StreamInfo } from '../../src/endpoints/source.js';
import type { UnitSink } from '../../src/endpoints/unit-sink.js';
import type { UnitSource, UnitStreamInfo } from '../../src/endpoints/unit-source.js';
import { allocateFrame, type Frame, type FrameInit, type FrameSpec } from '../../src/frame/index.js';
import type { AccessUnit, Codec } from '../../src/nal/index.js';

/** A source of frames that a generator makes. */
export function sourceOf(info: StreamInfo, make: () => AsyncIterable<Frame> | Iterable<Frame>): Source {
  const close = async () => {};
  async function* frames() {
    yield* make();
  }
  const source = { uri: 'made:', info: async () => info, frames, close };
  return { ...source, [Symbol.asyncIterator]: frames, [Symbol.asyncDispose]: close };
}

/** A source of units that a generator makes. */
export function unitSourceOf(
  info: UnitStreamInfo,
  make: () => AsyncIterable<AccessUnit> | Iterable<AccessUnit>,
): UnitSource {
  const close = async () => {};
  async function* units() {
    yield* make();
  }
  const source = { uri: 'made:', info: async () => info, units, close };
  return { ...source, [Symbol.asyncIterator]: units, [Symbol.asyncDispose]: close };
}

/** A sink that keeps nothing but what it is asked to. */
export function unitSinkOf(accepts: Codec[], take: (unit: AccessUnit) => void, more: Partial<UnitSink> = {}): UnitSink {
  const write = async (unit: AccessUnit) => {
    take(unit);
    return true;
  };
  const close = async () => {};
  return { uri: 'made:', accepts, write, close, [Symbol.asyncDispose]: close, ...more };
}

/** A picture that a codec keeps recognisable: a ramp of a colour of its own. */
export function ramp(spec: FrameSpec, brightness: number, init: Partial<FrameInit> = {}): Frame {
  const frame = allocateFrame(spec, init);
  for (const plane of frame.planes) {
    for (let at = 0; at < plane.data.length; at++) plane.data[at] = (brightness + ((at % plane.stride) >> 4)) & 255;
  }
  return frame;
}

/** Mean of a frame's bytes. */
export function meanOf(frame: Frame): number {
  return frame.data.reduce((sum, byte) => sum + byte, 0) / frame.data.length;
}
