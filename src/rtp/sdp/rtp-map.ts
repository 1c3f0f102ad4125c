import { attributesOf, type SdpAttribute } from './attribute.js';
import { quoted, sdpInvalid, wholeNumber } from './line.js';
import type { MediaDescription } from './media-description.js';

/** What an RTP payload type stands for (RFC 8866 section 6.6). */
export interface RtpMap {
  /** 0 to 127. */
  readonly payloadType: number;
  /** Name of the payload format, as it was written; case does not matter. */
  readonly encoding: string;
  /** Ticks a second of its RTP timestamps. */
  readonly clockRate: number;
}

/** Payload types that need no `rtpmap` (RFC 3551 section 6), those of video. */
const staticTypes: readonly RtpMap[] = [{ payloadType: 26, encoding: 'JPEG', clockRate: 90_000 }];

/** The number in front of a value: `96 rest`. Throws `SDP_INVALID` when it is none. */
export function payloadTypeOf({ name, value = '', line = 0 }: SdpAttribute): { payloadType: number; rest: string } {
  const space = value.indexOf(' ');
  const payloadType = wholeNumber(space < 0 ? value : value.slice(0, space), 127);
  if (payloadType === undefined) throw sdpInvalid(line, `a=${name} begins with a payload type, 0 to 127`);
  return { payloadType, rest: space < 0 ? '' : value.slice(space + 1).trim() };
}

/** Reads `96 H264/90000`. */
export function readRtpMap(attribute: SdpAttribute): RtpMap {
  const { payloadType, rest } = payloadTypeOf(attribute);
  const [encoding = '', rate] = rest.split('/');
  const clockRate = wholeNumber(rate, 0xffff_ffff);
  if (encoding === '' || clockRate === undefined || clockRate === 0) {
    throw sdpInvalid(attribute.line ?? 0, `a=rtpmap is "96 H264/90000", not ${quoted(attribute.value ?? '')}`);
  }
  return { payloadType, encoding, clockRate };
}

/**
 * What each payload type of a medium stands for, each once, in the order of the `m=` line; those that nothing is said of
 * are left out.
 */
export function rtpMapsOf(media: MediaDescription): RtpMap[] {
  const maps = [...attributesOf(media, 'rtpmap').map(readRtpMap), ...staticTypes];
  const types = new Set(media.formats.map((format) => wholeNumber(format, 127)));
  return [...types].flatMap((type) => maps.find(({ payloadType }) => payloadType === type) ?? []);
}
