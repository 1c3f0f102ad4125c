import type { NalCodec } from '../nal/index.js';
import type { EndpointUri } from './uri.js';

/** What names of files that hold an elementary stream, Annex B and nothing else, end in. */
const endings: Readonly<Record<string, NalCodec>> = {
  h264: 'avc',
  264: 'avc',
  avc: 'avc',
  h265: 'hevc',
  265: 'hevc',
  hevc: 'hevc',
  h266: 'vvc',
  266: 'vvc',
  vvc: 'vvc',
};

/** Those endings, for messages. */
export const streamEndings: readonly string[] = Object.keys(endings).map((ending) => `.${ending}`);

/** The codec of an elementary stream by its file's name; undefined for other files. */
export function streamFileCodec(uri: EndpointUri): NalCodec | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(uri.path)?.[1]?.toLowerCase();
  return ending !== undefined && Object.hasOwn(endings, ending) ? endings[ending] : undefined;
}
