import { type AttributeHolder, attributesOf, type SdpAttribute } from './attribute.js';
import { quoted, sdpInvalid, wholeNumber } from './line.js';

/** A number that packets use for a header extension (RFC 8285 section 5). */
export interface ExtensionMap {
  /** 1 to 14 in one-byte extensions, to 255 in two-byte ones; others are offers that have no number yet. */
  readonly id: number;
  /** What the extension is. */
  readonly uri: string;
}

/** All `a=extmap:ID[/direction] URI` lines. */
export function extensionMapsOf(holder: AttributeHolder): ExtensionMap[] {
  return attributesOf(holder, 'extmap').map(({ value = '', line = 0 }) => {
    const [number = '', uri = ''] = value.split(/ +/);
    const id = wholeNumber(number.split('/')[0], 4_351);
    if (id === undefined || uri === '') throw sdpInvalid(line, `a=extmap is "1 uri", not ${quoted(value)}`);
    return { id, uri };
  });
}

/** Feedback that senders understand (RFC 4585 section 4.2). */
export interface FeedbackMap {
  /** A payload type, or `*` for all. */
  readonly payloadType: number | '*';
  /** `nack`, `nack pli`, `ccm fir` and so on. */
  readonly feedback: string;
}

/** All `a=rtcp-fb:96 nack pli` lines. */
export function feedbackMapsOf(holder: AttributeHolder): FeedbackMap[] {
  return attributesOf(holder, 'rtcp-fb').map(({ value = '', line = 0 }) => {
    const [type, ...words] = value.trim().split(/ +/);
    const payloadType = type === '*' ? type : wholeNumber(type, 127);
    if (payloadType === undefined || words.length === 0) {
      throw sdpInvalid(line, `a=rtcp-fb is "96 nack", not ${quoted(value)}`);
    }
    return { payloadType, feedback: words.join(' ').toLowerCase() };
  });
}

/** What is said of a source (RFC 5576 section 4.1): `a=ssrc:1 cname:name`. */
export interface SourceAttribute {
  /** The source. */
  readonly ssrc: number;
  readonly name: string;
  /** What stands behind the colon; undefined when there is none. */
  readonly value?: string;
}

/** All `a=ssrc` lines. */
export function sourceAttributesOf(holder: AttributeHolder): SourceAttribute[] {
  return attributesOf(holder, 'ssrc').map(({ value = '', line = 0 }) => {
    const [number, ...rest] = value.split(' ');
    const ssrc = wholeNumber(number, 0xffff_ffff);
    if (ssrc === undefined) throw sdpInvalid(line, `a=ssrc begins with a number of 32 bits, not ${quoted(value)}`);
    const [name = '', ...more] = rest.join(' ').split(':');
    return more.length === 0 ? { ssrc, name } : { ssrc, name, value: more.join(':') };
  });
}

/** The attribute that {@link sourceAttributesOf} reads. */
export function sourceAttribute({ ssrc, name, value }: SourceAttribute): SdpAttribute {
  return { name: 'ssrc', value: `${ssrc} ${name}${value === undefined ? '' : `:${value}`}` };
}
