import { npyParts } from '../frame/npy.js';
import { NumberedFiles } from './numbered-files.js';
import { badUri, type EndpointUri, readOptions } from './uri.js';

/** `npy:DIR`: one `.npy` file a frame, for `numpy.load`. Throws `BAD_URI`. */
export function npySink(uri: EndpointUri): NumberedFiles {
  if (uri.path === '') throw badUri(uri, 'name the folder: npy:DIR');
  readOptions(uri, {});
  return new NumberedFiles(uri.text, uri.path, 'npy', npyParts);
}
