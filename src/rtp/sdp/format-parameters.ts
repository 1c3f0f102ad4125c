import { attributesOf } from './attribute.js';
import type { MediaDescription } from './media-description.js';
import { payloadTypeOf } from './rtp-map.js';

/** Parameters of a payload format by name, in small letters; one without a value has ``. */
export type FormatParameters = ReadonlyMap<string, string>;

/** What the `fmtp` lines of a medium say of a payload type: `96 name=value; name=value`; the first of a name counts. */
export function formatParametersOf(media: MediaDescription, payloadType: number): FormatParameters {
  const parameters = new Map<string, string>();
  for (const attribute of attributesOf(media, 'fmtp')) {
    const found = payloadTypeOf(attribute);
    if (found.payloadType !== payloadType) continue;
    for (const item of found.rest.split(';')) {
      const equals = item.indexOf('=');
      const name = (equals < 0 ? item : item.slice(0, equals)).trim().toLowerCase();
      if (name !== '' && !parameters.has(name)) parameters.set(name, equals < 0 ? '' : item.slice(equals + 1).trim());
    }
  }
  return parameters;
}

/** The text behind a payload type in `fmtp`. */
export function writeFormatParameters(parameters: FormatParameters): string {
  return [...parameters].map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('; ');
}

/** The number of the first `fmtp` line of a payload type, 0 when there is none: for messages. */
export function formatLineOf(media: MediaDescription, payloadType: number): number {
  const lines = attributesOf(media, 'fmtp');
  return lines.find((attribute) => payloadTypeOf(attribute).payloadType === payloadType)?.line ?? 0;
}
