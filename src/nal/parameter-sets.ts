import type { AccessUnit } from './access-unit.js';
import { parseAvcSps } from './avc-parameter-sets.js';
import { BitReader } from './bit-reader.js';
import type { NalCodec } from './codec.js';
import { nalTypeAt, usableNal } from './header.js';
import { parseHevcSps } from './hevc-parameter-sets.js';
import { unlessInvalid } from './set-store.js';
import type { VideoFormat } from './video-format.js';
import { parseVvcSps } from './vvc-parameter-sets.js';

/** Sets by their number, in the order in which a decoder needs them. */
type Kind = 'vps' | 'sps' | 'pps';

const kinds: Readonly<Record<NalCodec, Readonly<Record<number, Kind>>>> = {
  avc: { 7: 'sps', 8: 'pps' },
  hevc: { 32: 'vps', 33: 'sps', 34: 'pps' },
  vvc: { 14: 'vps', 15: 'sps', 16: 'pps' },
};

/** Most bytes of one parameter set that is kept; those of encoders have 20 to 300. */
const setLimit = 4096;

const parsers = { avc: parseAvcSps, hevc: parseHevcSps, vvc: parseVvcSps } as const;

/** What the SPS says, header first, without start code. Throws `NAL_INVALID`. */
export function parseSps(codec: NalCodec, nal: Uint8Array): VideoFormat {
  return parsers[codec](nal).format;
}

/**
 * The parameter sets of a stream, as they were sent last: for SDP, and for a decoder that begins later than the stream.
 * There are at most 16 VPS, 32 SPS and 256 PPS of 4 KiB each; larger ones are not kept.
 */
export class ParameterSets {
  /** What the stream is. */
  readonly codec: NalCodec;
  readonly #sets: Record<Kind, Map<number, Uint8Array>> = { vps: new Map(), sps: new Map(), pps: new Map() };
  #format: VideoFormat | undefined;
  #formatOf: Uint8Array | undefined;

  constructor(codec: NalCodec) {
    this.codec = codec;
  }

  /** Takes what a unit brings. Returns whether something is new or has changed. */
  update({ data, nalUnits, nalUnitCount }: Pick<AccessUnit, 'data' | 'nalUnits' | 'nalUnitCount'>): boolean {
    let changed = false;
    for (let at = 0; at < 2 * nalUnitCount; at += 2) {
      const offset = nalUnits[at] as number;
      changed = this.#take(data, offset, offset + (nalUnits[at + 1] as number)) || changed;
    }
    return changed;
  }

  /** VPS, in the order of their numbers; none for H.264. Bytes without start code, of their own. */
  get vps(): readonly Uint8Array[] {
    return sorted(this.#sets.vps);
  }

  /** SPS, in the order of their numbers. */
  get sps(): readonly Uint8Array[] {
    return sorted(this.#sets.sps);
  }

  /** PPS, in the order of their numbers. */
  get pps(): readonly Uint8Array[] {
    return sorted(this.#sets.pps);
  }

  /** Whether a decoder has what it needs to begin. */
  get complete(): boolean {
    return this.#sets.sps.size > 0 && this.#sets.pps.size > 0 && (this.codec !== 'hevc' || this.#sets.vps.size > 0);
  }

  /** What the first SPS says of the pictures; undefined without one, or when it makes no sense. */
  get format(): VideoFormat | undefined {
    const [first] = this.sps;
    if (first !== this.#formatOf) this.#format = first && unlessInvalid(() => parseSps(this.codec, first));
    this.#formatOf = first;
    return this.#format;
  }

  #take(data: Uint8Array, offset: number, end: number): boolean {
    if (end - offset > setLimit || !usableNal(this.codec, data, offset, end)) return false;
    const kind = kinds[this.codec][nalTypeAt(this.codec, data, offset)];
    if (kind === undefined) return false;
    const nal = data.slice(offset, end);
    const id = idOf(this.codec, kind, nal);
    const known = id === undefined ? undefined : this.#sets[kind].get(id);
    if (id === undefined || (known !== undefined && equal(known, nal))) return false;
    this.#sets[kind].set(id, nal);
    return true;
  }
}

const mostIds: Readonly<Record<Kind, number>> = { vps: 16, sps: 32, pps: 256 };

/** The number of a parameter set; undefined when it is damaged. */
function idOf(codec: NalCodec, kind: Kind, nal: Uint8Array): number | undefined {
  const id = unlessInvalid(() => readId(codec, kind, nal));
  return id !== undefined && id < mostIds[kind] ? id : undefined;
}

function readId(codec: NalCodec, kind: Kind, nal: Uint8Array): number {
  if (codec === 'avc') return new BitReader(nal, kind === 'sps' ? 4 : 1).ue();
  if (kind === 'vps') return new BitReader(nal, 2).bits(4);
  if (kind === 'sps') return codec === 'hevc' ? parseHevcSps(nal).id : new BitReader(nal, 2).bits(4);
  return codec === 'hevc' ? new BitReader(nal, 2).ue() : new BitReader(nal, 2).bits(6);
}

function sorted(sets: ReadonlyMap<number, Uint8Array>): Uint8Array[] {
  return [...sets].sort(([one], [other]) => one - other).map(([, set]) => set);
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
