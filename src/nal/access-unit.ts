import { FramelaneError } from '../error.js';
import type { Codec } from './codec.js';

/** What an access unit is made from. */
export interface AccessUnitInit {
  /** What the bytes are. */
  readonly codec: Codec;
  /** The bytes. For NAL codecs Annex B: each NAL unit behind a start code of 3 or 4 bytes. */
  readonly data: Uint8Array;
  /**
   * Where the NAL units are: pairs of offset and length in bytes of `data`, start codes and trailing zeros left out.
   * Empty for codecs that have none.
   */
  readonly nalUnits?: Uint32Array;
  /** Whether a decoder can begin here; default true. */
  readonly keyFrame?: boolean;
  /** RTP timestamp, in ticks of the stream's clock (90 kHz for video), modulo 2^32. */
  readonly timestamp?: number;
  /** Synchronization source that it came from, when it came over RTP. */
  readonly ssrc?: number;
  /** When the picture was taken, in ns since 1970; 0n when nobody knows. */
  readonly captureTime?: bigint;
  /** Number of the unit in its stream, from 1. */
  readonly sequence?: number;
  /** Takes the memory back. */
  readonly onRelease?: () => void;
}

/**
 * All that is shown at one time: the NAL units of one picture, one JPEG, one uncompressed picture. An access unit is
 * always complete; what a transport could not complete is of another type and never gets to a decoder.
 */
export class AccessUnit implements Disposable {
  /** What the bytes are. */
  readonly codec: Codec;
  /** Pairs of offset and length in bytes of {@link data}; see {@link AccessUnitInit.nalUnits}. */
  readonly nalUnits: Uint32Array;
  /** Whether a decoder can begin here. */
  readonly keyFrame: boolean;
  /** RTP timestamp modulo 2^32, when the unit came over RTP or is to be sent with one. */
  readonly timestamp: number | undefined;
  /** Synchronization source that it came from, 0 to 2^32 - 1, when it came over RTP. */
  readonly ssrc: number | undefined;
  /** When the picture was taken, in ns since 1970; 0n when nobody knows. */
  readonly captureTime: bigint;
  /** Number of the unit in its stream, from 1; 0 when nobody counted. */
  readonly sequence: number;
  readonly #data: Uint8Array;
  #onRelease: (() => void) | undefined;
  #released = false;

  constructor(init: AccessUnitInit) {
    this.codec = init.codec;
    this.nalUnits = init.nalUnits ?? noNalUnits;
    this.keyFrame = init.keyFrame ?? true;
    this.timestamp = init.timestamp;
    this.ssrc = init.ssrc;
    this.captureTime = init.captureTime ?? 0n;
    this.sequence = init.sequence ?? 0;
    this.#data = init.data;
    this.#onRelease = init.onRelease;
  }

  /** The bytes; throws `FRAME_RELEASED` after {@link release}. */
  get data(): Uint8Array {
    if (this.#released) throw released(this.sequence);
    return this.#data;
  }

  /** NAL units in it. */
  get nalUnitCount(): number {
    return this.nalUnits.length / 2;
  }

  /** The bytes of one NAL unit, header first, without start code. */
  nalUnit(index: number): Uint8Array {
    const offset = this.nalUnits[2 * index];
    const length = this.nalUnits[2 * index + 1];
    if (offset === undefined || length === undefined) {
      throw new FramelaneError('BAD_ARGUMENT', `NAL unit ${index} of ${this.nalUnitCount} in unit ${this.sequence}`);
    }
    return this.data.subarray(offset, offset + length);
  }

  /**
   * Gives the memory back to whoever made the unit, to be used again: worth doing, for then nothing is allocated a
   * unit. A unit that is not released is collected like any object. Throws `FRAME_RELEASED` the second time.
   */
  release(): void {
    if (this.#released) throw released(this.sequence);
    this.#released = true;
    this.#onRelease?.();
    this.#onRelease = undefined;
  }

  /** {@link release}, unless that was done already. */
  [Symbol.dispose](): void {
    if (!this.#released) this.release();
  }
}

const noNalUnits = new Uint32Array(0);

function released(sequence: number): FramelaneError {
  return new FramelaneError('FRAME_RELEASED', `access unit ${sequence} was released already`, { sequence });
}
