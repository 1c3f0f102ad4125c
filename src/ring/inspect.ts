import { readdirSync } from 'node:fs';
import { FramelaneError } from '../error.js';
import { Frame, pixelFormatInfo, pixelFormatOfCode } from '../frame/index.js';
import { native } from '../native.js';
import { SlotHeader } from './slot-header.js';
import { checkRingName, folderError, ringError, ringFolder } from './status.js';

/** A ring seen from outside. */
export interface RingStatus {
  readonly name: string;
  /** Whether a producer lives. */
  readonly producerAlive: boolean;
  /** What is wrong with the segment, when it cannot be understood; then the numbers below are 0. */
  readonly problem: FramelaneError | undefined;
  /** What its producer last said of it. */
  readonly state: 'live' | 'closed' | 'replaced' | 'unknown';
  /** Whether its producer waits for lossless readers. */
  readonly lossless: boolean;
  /** Bytes of the whole segment. */
  readonly bytes: number;
  /** Most bytes of one frame. */
  readonly capacity: number;
  /** Number of slots. */
  readonly slots: number;
  /** Reader entries there are. */
  readonly maxReaders: number;
  /** Readers attached now. */
  readonly readers: number;
  /** Frames that readers hold now. */
  readonly held: number;
  /** Number of the newest frame: frames published so far. */
  readonly sequence: number;
  /** Frames that found no free slot. */
  readonly dropped: number;
  /** Producers so far. */
  readonly epoch: number;
  /** Process id of the newest producer. */
  readonly pid: number;
  /** When the segment was made. */
  readonly created: Date;
}

const states = ['unknown', 'live', 'closed', 'replaced'] as const;
const prefix = 'framelane.';

/** A ring's state, from outside, without attaching. Throws `RING_NAME`, `RING_NOT_FOUND`. */
export function ringStatus(name: string): RingStatus {
  checkRingName(name);
  const seen = native().inspect(name);
  const of = (key: string) => seen[key] ?? 0;
  if (of('status') === -3) throw ringError(-3, name);
  return {
    name,
    producerAlive: of('producerAlive') !== 0,
    problem: of('status') < 0 ? ringError(of('status'), name) : undefined,
    state: states[of('state')] ?? 'unknown',
    lossless: of('lossless') !== 0,
    bytes: of('bytes'),
    capacity: of('capacity'),
    slots: of('slots'),
    maxReaders: of('maxReaders'),
    readers: of('readers'),
    held: of('held'),
    sequence: of('sequence'),
    dropped: of('dropped'),
    epoch: of('epoch'),
    pid: of('pid'),
    created: new Date(of('createdMs')),
  };
}

function filesInFolder(): string[] {
  try {
    return readdirSync(ringFolder()).sort();
  } catch (cause) {
    throw folderError(cause);
  }
}

/** Every ring of this machine, also those whose producer is gone, by name. */
export function listRings(): RingStatus[] {
  const rings: RingStatus[] = [];
  for (const file of filesInFolder()) {
    if (!file.startsWith(prefix)) continue;
    try {
      rings.push(ringStatus(file.slice(prefix.length)));
    } catch (error) {
      // Gone since the folder was read, or a file that only looks like a ring.
      if (!(error instanceof FramelaneError) || !['RING_NOT_FOUND', 'RING_NAME'].includes(error.code)) throw error;
    }
  }
  return rings;
}

/**
 * Removes a ring that has no producer; readers' iterations end. With `force` also one that has: its producer and
 * readers go on with each other, but nobody new finds it. Throws `RING_BUSY`, `RING_NOT_FOUND`, `RING_NO_PERMISSION`.
 */
export function removeRing(name: string, options: { readonly force?: boolean } = {}): void {
  checkRingName(name);
  const code = native().removeRing(name, options.force ?? false);
  if (code < 0) throw ringError(code, name);
}

/**
 * A copy of a ring's latest frame, without attaching: needs read permission only. undefined: no frame yet.
 */
export function snapshotRing(name: string): Frame | undefined {
  checkRingName(name);
  const header = new SlotHeader();
  const bytes = native().snapshot(name, header.buffer);
  if (bytes === 0) return undefined;
  if (typeof bytes === 'number') throw ringError(bytes, name);
  const format = pixelFormatOfCode(header.format);
  if (format === undefined) throw ringError(-11, name);
  const planes = pixelFormatInfo(format).planes.map((_, plane) => ({
    data: bytes.subarray(header.planeOffset(plane)),
    stride: header.stride(plane),
  }));
  const { width, height, captureTime, sequence } = header;
  const [metadata, area] = [header.metadata(), header.area()];
  return new Frame({ format, width, height, planes, captureTime, sequence, metadata, area });
}
