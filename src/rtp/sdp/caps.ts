import { FramelaneError } from '../../error.js';
import type { FormatParameters } from './format-parameters.js';
import { quoted, wholeNumber } from './line.js';
import { codecOf, encodingOf, readMediaFormat, writeMediaFormat } from './media-format.js';
import type { StreamPayload } from './stream-description.js';

/** Caps have at most so many characters. */
const maxCapsLength = 65_536;

/**
 * Reads what GStreamer calls caps, as `gst-launch-1.0 -v` prints them: `application/x-rtp, media=(string)video,
 * clock-rate=(int)90000, encoding-name=(string)H264, payload=(int)96, ...`. Throws `SDP_INVALID` for anything else.
 */
export function readCaps(text: string): StreamPayload {
  const fields = capsFields(text);
  const codec = codecOf(fields.get('encoding-name') ?? '');
  const payloadType = wholeNumber(fields.get('payload') ?? '96', 127);
  const clockRate = wholeNumber(fields.get('clock-rate') ?? '90000', 0xffff_ffff);
  if (codec === undefined) {
    const name = quoted(fields.get('encoding-name') ?? '');
    throw new FramelaneError('UNSUPPORTED', `caps of encoding-name ${name}; known are H264, H265, H266, JPEG, RAW`);
  }
  if (payloadType === undefined || clockRate === undefined || clockRate === 0) {
    throw capsInvalid('payload is 0 to 127, clock-rate above 0', 0);
  }
  return { payloadType, clockRate, format: readMediaFormat(codec, fields, 1) };
}

/** Caps for `udpsrc caps="..."`, without spaces and quotes inside that a shell would take away. */
export function writeCaps({ payloadType, clockRate, format }: StreamPayload): string {
  const fields = [...writeMediaFormat(format)].map(
    ([name, value]) => `${name.toLowerCase()}=(string)${escaped(value)}`,
  );
  const name = encodingOf(format.codec).toUpperCase();
  const fixed = ['media=(string)video', `clock-rate=(int)${clockRate}`, `encoding-name=(string)${name}`];
  return ['application/x-rtp', ...fixed, ...fields, `payload=(int)${payloadType}`].join(', ');
}

function capsInvalid(reason: string, offset: number): FramelaneError {
  return new FramelaneError('SDP_INVALID', `caps at character ${offset}: ${reason}`, { line: 1, offset });
}

/** Fields by name; a value is bare, or quoted with backslashes, behind an optional type in brackets. */
function capsFields(text: string): FormatParameters {
  if (text.length > maxCapsLength) throw capsInvalid(`longer than ${maxCapsLength} characters`, maxCapsLength);
  const head = /^\s*application\/x-rtp(\([^)]{0,99}\))?\s*(?=,|;|$)/.exec(text);
  if (head === null) throw capsInvalid('caps begin with application/x-rtp', 0);
  const fields = new Map<string, string>();
  const field = /,\s*([A-Za-z][\w-]*)\s*=\s*(?:\(\s*\w+\s*\)\s*)?(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*/y;
  field.lastIndex = head[0].length;
  for (let at = field.lastIndex; at < text.length && text[at] !== ';'; at = field.lastIndex) {
    const found = field.exec(text);
    if (found === null) throw capsInvalid(`no field in ${quoted(text.slice(at))}`, at);
    const [, name = '', inQuotes, bare = ''] = found;
    fields.set(name.toLowerCase(), inQuotes === undefined ? bare : inQuotes.replaceAll(/\\(.)/g, '$1'));
  }
  return fields;
}

/** GStreamer quotes whatever holds more than letters, digits and a few signs. */
function escaped(value: string): string {
  if (/^[\w.:+/-]+$/.test(value)) return value;
  return `"${value.replaceAll(/[^\w.:+/-]/g, '\\$&')}"`;
}
