import { fromBase64, toBase64 } from '../../bytes/index.js';
import type { NalCodec } from '../../nal/index.js';
import type { FormatParameters } from './format-parameters.js';
import { quoted, sdpInvalid } from './line.js';

/** Parameter sets of a description, at most; and SEI messages with them. */
const maxParameterSets = 64;

/**
 * Which parameters carry NAL units, in the order that a decoder wants them (RFC 6184 section 8.1, RFC 7798 section 7.1,
 * RFC 9328 section 7.2), with the NAL unit type of each; H.264 has one list for all.
 */
const carriers: Readonly<Record<NalCodec, Readonly<Record<string, number | undefined>>>> = {
  avc: { 'sprop-parameter-sets': undefined },
  hevc: { 'sprop-vps': 32, 'sprop-sps': 33, 'sprop-pps': 34, 'sprop-sei': 39 },
  vvc: { 'sprop-dci': 13, 'sprop-vps': 14, 'sprop-sps': 15, 'sprop-pps': 16, 'sprop-sei': 23 },
};

/** NAL units, without start codes, that the parameters carry. Throws `SDP_INVALID` for what is no base64. */
export function readParameterSets(codec: NalCodec, parameters: FormatParameters, line: number): Uint8Array[] {
  const texts = Object.keys(carriers[codec]).flatMap((name) => {
    const items = (parameters.get(name) ?? '').split(',');
    return items.map((text) => ({ name, text: text.trim() })).filter(({ text }) => text !== '');
  });
  if (texts.length > maxParameterSets) throw sdpInvalid(line, `more than ${maxParameterSets} parameter sets`);
  return texts.map(({ name, text }) => {
    const unit = fromBase64(text);
    if (unit === undefined || unit.length === 0) throw sdpInvalid(line, `${name} ${quoted(text)} is not base64`);
    return unit;
  });
}

/** The parameters that carry NAL units; units of other types are left out. */
export function writeParameterSets(codec: NalCodec, units: readonly Uint8Array[]): [string, string][] {
  return Object.entries(carriers[codec]).flatMap(([name, type]): [string, string][] => {
    const carried = units.filter((unit) => type === undefined || nalType(codec, unit) === type);
    return carried.length === 0 ? [] : [[name, carried.map(toBase64).join(',')]];
  });
}

function nalType(codec: NalCodec, unit: Uint8Array): number {
  if (codec === 'avc') return (unit[0] ?? 0) & 31;
  return codec === 'hevc' ? ((unit[0] ?? 0) >> 1) & 63 : (unit[1] ?? 0) >> 3;
}

/** `profile-level-id` of H.264: three bytes of the sequence parameter set (RFC 6184 section 8.1). */
export function profileLevelId(units: readonly Uint8Array[]): string | undefined {
  const set = units.find((unit) => nalType('avc', unit) === 7 && unit.length >= 4);
  if (set === undefined) return undefined;
  return Array.from(set.subarray(1, 4), (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
}

/**
 * Parameter sets as Annex B, each behind a start code: what has to stand before the first key frame of a stream that does
 * not carry them itself.
 */
export function parameterSetsAnnexB(units: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(units.reduce((sum, unit) => sum + 4 + unit.length, 0));
  let at = 0;
  for (const unit of units) {
    whole[at + 3] = 1;
    whole.set(unit, at + 4);
    at += 4 + unit.length;
  }
  return whole;
}
