import { AccessUnit, type Codec } from '../nal/index.js';
import { paddedJson } from './shared-frame.js';

/** NAL unit type of a sequence parameter set, ITU-T H.264 table 7-1. */
const spsType = 7;

/** One picture of an encoded stream, in memory of its own: any number of viewers and a decoder share it. */
export class EncodedPicture {
  readonly keyFrame: boolean;
  readonly sequence: number;
  readonly captureTime: bigint;
  /** Annex B. */
  readonly data: Uint8Array;
  /** What a page is told beside the bytes, as padded JSON: for a key frame, how to set up its decoder. */
  readonly text: Uint8Array;
  readonly #codec: Codec;
  readonly #nalUnits: Uint32Array;

  /** Copies the unit, whose memory may be somebody's to use again. */
  constructor(
    unit: AccessUnit,
    /** When it came, ms since 1970. */
    readonly publishedMs: number,
  ) {
    this.data = unit.data.slice();
    this.keyFrame = unit.keyFrame;
    this.sequence = unit.sequence;
    this.captureTime = unit.captureTime;
    this.text = paddedJson({ metadata: {}, codec: unit.keyFrame ? codecWord(unit) : undefined });
    this.#codec = unit.codec;
    this.#nalUnits = unit.nalUnits.slice();
  }

  /** An access unit over the same bytes, for a decoder to take and release. */
  toUnit(): AccessUnit {
    const { data, keyFrame, sequence, captureTime } = this;
    return new AccessUnit({ codec: this.#codec, nalUnits: this.#nalUnits, data, keyFrame, sequence, captureTime });
  }
}

/** `avc1.PPCCLL`, profile, constraints and level of the parameter set (RFC 6381 section 3.3); undefined without one. */
function codecWord(unit: AccessUnit): string | undefined {
  for (let index = 0; index < unit.nalUnitCount; index++) {
    const nal = unit.nalUnit(index);
    if (((nal[0] as number) & 31) === spsType) return `avc1.${Buffer.from(nal.subarray(1, 4)).toString('hex')}`;
  }
  return undefined;
}
