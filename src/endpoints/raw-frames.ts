import { FramelaneError } from '../error.js';
import type { Frame } from '../frame/frame.js';
import { type FrameSpec, frameBytes } from '../frame/geometry.js';
import type { ByteInput } from './byte-input.js';
import { unixTime } from './clock.js';
import { RecycledMemory } from './recycled-memory.js';
import type { FrameMemory } from './source.js';

/** What {@link readRawFrames} is told. */
export interface RawFramesOptions {
  /** Space for the frames. */
  readonly memory: FrameMemory;
  /** Handed to `memory`, for waits. */
  readonly signal?: AbortSignal;
  /** Asked before and after each read: true ends the iteration quietly. */
  readonly stopped?: () => boolean;
  /** Number of the first frame; default 1. */
  readonly firstSequence?: number;
}

/**
 * Frames of one size that follow one another without anything between them, each read straight into its memory. Frames
 * there is no room for are read and dropped. Throws `TRUNCATED`, with the offset of the frame, when the last is cut.
 */
export async function* readRawFrames(
  input: ByteInput,
  uri: string,
  spec: FrameSpec,
  options: RawFramesOptions,
): AsyncGenerator<Frame, number> {
  const { memory, signal, firstSequence = 1 } = options;
  const stopped = () => signal?.aborted === true || options.stopped?.() === true;
  const bytes = frameBytes(spec);
  const scratch = new RecycledMemory();
  for (let count = 0; ; count++) {
    const lent = stopped() ? undefined : await memory.space(spec, signal);
    const space = lent ?? scratch.take(spec);
    const filled = stopped() ? 0 : await fillOrAbandon(input, space.bytes, space.abandon.bind(space));
    if (filled < bytes || stopped()) {
      space.abandon();
      if (filled === 0 || stopped()) return count;
      throw truncated(uri, count, filled, bytes);
    }
    if (lent === undefined) space.abandon();
    else yield space.finish({ captureTime: unixTime(), sequence: firstSequence + count });
  }
}

async function fillOrAbandon(input: ByteInput, bytes: Uint8Array, abandon: () => void): Promise<number> {
  try {
    return await input.fill(bytes);
  } catch (error) {
    abandon();
    throw error;
  }
}

function truncated(uri: string, count: number, filled: number, bytes: number): FramelaneError {
  const offset = count * bytes;
  return new FramelaneError(
    'TRUNCATED',
    `${uri}: frame ${count + 1}, at byte ${offset}, has only ${filled} of its ${bytes} bytes; is size= or format= wrong?`,
    { subject: uri, offset, sequence: count + 1 },
  );
}
