import { encodePng } from '../frame/png.js';
import { NumberedFiles } from './numbered-files.js';
import { badUri, type EndpointUri, oneOf, readOptions, whole } from './uri.js';

const optionReaders = {
  level: whole(0, 9),
  matrix: oneOf('bt601', 'bt709'),
  range: oneOf('limited', 'full'),
  bits: whole(8, 16),
};

/** `png:DIR`: one PNG a frame. Formats that PNG does not know become RGB. Throws `BAD_URI`. */
export function pngSink(uri: EndpointUri): NumberedFiles {
  if (uri.path === '') throw badUri(uri, 'name the folder: png:DIR');
  const options = readOptions(uri, optionReaders);
  return new NumberedFiles(uri.text, uri.path, 'png', (frame) => [encodePng(frame, options)]);
}
