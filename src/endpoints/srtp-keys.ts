import { readFileSync } from 'node:fs';
import { FramelaneError } from '../error.js';
import type { SrtpOptions } from '../net/index.js';
import { readKey, type SrtpKey, type SrtpSuiteName, srtpSuiteNames } from '../srtp/index.js';
import { badUri, type EndpointUri, oneOf } from './uri.js';

/** Options that say where the key of an `srtp:` address is. */
export const srtpReaders = {
  'key-file': (text: string): string => text,
  'key-env': (text: string): string => text,
  suite: oneOf(...srtpSuiteNames),
};

/** Largest key file in bytes: two lines need less. */
const maxKeyFile = 4096;

/**
 * Refuses an address that has a key in it, without quoting it. A command line is seen by everybody on the machine, and
 * kept in the shell's history. Throws `BAD_URI`.
 */
export function refuseWrittenKey({ options, scheme }: EndpointUri): void {
  const name = ['key', 'keys', 'master-key', 'inline', 'srtp-key'].find((word) => options.has(word));
  if (name === undefined) return;
  const reason = 'whoever lists the processes of this machine would see it, and the shell remembers it';
  throw new FramelaneError(
    'BAD_URI',
    `${scheme}: a key does not belong on the command line (option "${name}"): ${reason}; give key-file=PATH or key-env=NAME`,
  );
}

/**
 * How an address says that packets are protected: undefined for `rtp:`. The first line of the key is that of the stream,
 * a second one that of what receivers send back; without it that is the first one too. `known`: keys of a description.
 * Throws `BAD_URI`, `SRTP_KEY`, `IO`.
 */
export function srtpOf(uri: EndpointUri, sends: boolean, known?: SrtpOptions): SrtpOptions | undefined {
  const { options } = uri;
  const said = options.has('key-file') || options.has('key-env');
  if (uri.scheme !== 'srtp') {
    if (said || options.has('suite')) throw badUri(uri, 'rtp: is not protected; a key is for srtp:');
    return known;
  }
  if (!said && known !== undefined) return known;
  const [stream, back] = keysOf(uri);
  return sends ? { sendKey: stream, receiveKey: back } : { sendKey: back, receiveKey: stream };
}

function keysOf(uri: EndpointUri): [SrtpKey, SrtpKey] {
  const suite = uri.options.get('suite') as SrtpSuiteName | undefined;
  const lines = keyText(uri)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const keys = lines.slice(0, 2).map((line) => readKey(line, suite));
  const [stream, back = stream] = keys;
  if (stream === undefined || back === undefined) throw badUri(uri, 'there is no key: `framelane keygen` makes one');
  return [stream, back];
}

function keyText(uri: EndpointUri): string {
  const file = uri.options.get('key-file');
  const variable = uri.options.get('key-env');
  if (file !== undefined && variable !== undefined) throw badUri(uri, 'give key-file or key-env, not both');
  if (variable !== undefined) {
    const text = process.env[variable];
    if (text === undefined) throw badUri(uri, `the environment has no variable "${variable}"`);
    return text;
  }
  if (file === undefined) throw badUri(uri, 'needs a key: key-file=PATH or key-env=NAME; `framelane keygen` makes one');
  return keyFile(uri, file);
}

function keyFile(uri: EndpointUri, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new FramelaneError('IO', `${uri.text}: ${(cause as Error).message}`, { subject: file }, { cause });
  }
  if (text.length > maxKeyFile) throw badUri(uri, `${file} is no key file: more than ${maxKeyFile} bytes`);
  return text;
}
