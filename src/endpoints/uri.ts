import { FramelaneError } from '../error.js';
import { isFrameSide, maxFrameSide } from '../frame/geometry.js';
import { isPixelFormat, type PixelFormat, pixelFormats } from '../frame/pixel-format.js';
import { didYouMean } from './nearest.js';

/** The parts of an endpoint's address, `scheme:path?name=value&name`. */
export interface EndpointUri {
  /** As it was written: for messages. */
  readonly text: string;
  /** Lower case, without the colon; `file` for a bare path. */
  readonly scheme: string;
  /** What stands between the colon and the first `?`, percent escapes resolved. */
  readonly path: string;
  /** Options in the order given; a name without `=` has the value ``. */
  readonly options: ReadonlyMap<string, string>;
}

const schemePattern = /^([A-Za-z][A-Za-z0-9+-]*):/;

/** Throws `BAD_URI` about one address. */
export function badUri(uri: EndpointUri | string, message: string): FramelaneError {
  const subject = typeof uri === 'string' ? uri : uri.text;
  return new FramelaneError('BAD_URI', `${subject}: ${message}`, { subject });
}

/** `%3F` is a question mark; a percent sign that starts no escape stands for itself. */
function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'));
  } catch {
    return text; // Escapes that are not UTF-8: file names on Linux are bytes, so take it as written.
  }
}

/** Takes an address apart. A bare path is a `file:`. Throws `BAD_URI` for an option given twice or without a name. */
export function parseUri(text: string): EndpointUri {
  const scheme = schemePattern.exec(text)?.[1];
  const rest = scheme === undefined ? text : text.slice(scheme.length + 1);
  const mark = rest.indexOf('?');
  const path = unescapePercent(mark < 0 ? rest : rest.slice(0, mark));
  const options = new Map<string, string>();
  for (const item of mark < 0 ? [] : rest.slice(mark + 1).split('&')) {
    if (item === '') continue;
    const equals = item.indexOf('=');
    const name = unescapePercent(equals < 0 ? item : item.slice(0, equals));
    if (name === '' || options.has(name)) {
      throw badUri(text, name === '' ? `"${item}" has no option name` : `option "${name}" is given twice`);
    }
    options.set(name, equals < 0 ? '' : unescapePercent(item.slice(equals + 1)));
  }
  if (text === '') throw badUri('""', 'an empty address; try test:, file:PATH or shm:NAME');
  return { text, scheme: (scheme ?? 'file').toLowerCase(), path, options };
}

/** Reads one option's text; throws a plain Error with what was expected. */
export type OptionReader<T> = (text: string) => T;

/** The values that a set of readers gives; options that were not written are undefined. */
export type OptionValues<S extends Record<string, OptionReader<unknown>>> = {
  readonly [name in keyof S]?: ReturnType<S[name]>;
};

/**
 * Reads an address's options. Throws `BAD_URI` that names the option, and for one that does not exist the nearest
 * that does.
 */
export function readOptions<S extends Record<string, OptionReader<unknown>>>(
  uri: EndpointUri,
  readers: S,
): OptionValues<S> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of uri.options) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) {
      const hint = didYouMean(name, Object.keys(readers));
      throw badUri(uri, `${uri.scheme}: has no option "${name}"; ${hint} (a question mark in a path is %3F)`);
    }
    try {
      values[name] = reader(text);
    } catch (cause) {
      throw badUri(uri, `option ${name}: ${(cause as Error).message}, not "${text}"`);
    }
  }
  return values as OptionValues<S>;
}

/** A whole number in a range. */
export function whole(from: number, to: number): OptionReader<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to)) throw new Error(`a whole number from ${from} to ${to} is expected`);
    return value;
  };
}

/** A number not below 0; the word, where given, stands for Infinity. */
export function positive(what: string, infinityWord?: string): OptionReader<number> {
  return (text) => {
    if (infinityWord !== undefined && text === infinityWord) return Number.POSITIVE_INFINITY;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    const alternative = infinityWord === undefined ? '' : ` or "${infinityWord}"`;
    if (!Number.isFinite(value)) throw new Error(`${what}${alternative} is expected`);
    return value;
  };
}

/** Frames a second: a number, a fraction such as 30000/1001, or 0 or `max` for as fast as possible. */
export function frameRate(text: string): number {
  if (text === 'max') return 0;
  const match = /^(\d+(?:\.\d+)?)(?:\/(\d+))?$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) / Number(match[2] ?? 1);
  if (!Number.isFinite(value)) throw new Error('frames a second are expected, such as 30, 30000/1001 or max');
  return value;
}

/** Yes or no; a bare name means yes. */
export function flag(text: string): boolean {
  if (['', '1', 'true', 'yes', 'on'].includes(text)) return true;
  if (['0', 'false', 'no', 'off'].includes(text)) return false;
  throw new Error('1 or 0 is expected');
}

/** `WIDTHxHEIGHT` in pixels. */
export function frameSize(text: string): { width: number; height: number } {
  const match = /^(\d+)x(\d+)$/i.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || !isFrameSide(width) || !isFrameSide(height)) {
    throw new Error(`WIDTHxHEIGHT such as 1920x1080 is expected, each 1..${maxFrameSide}`);
  }
  return { width, height };
}

/** The name of a pixel format. */
export function pixelFormat(text: string): PixelFormat {
  if (isPixelFormat(text)) return text;
  throw new Error(`a pixel format is expected (${didYouMean(text, pixelFormats)})`);
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(...words: W): OptionReader<W[number]> {
  return (text) => {
    if (words.includes(text)) return text as W[number];
    throw new Error(`one of ${words.join(', ')} is expected (${didYouMean(text, words)})`);
  };
}

const byteUnits: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A number of bytes, with `k`, `M` or `G` (powers of 1024). */
export function byteCount(text: string): number {
  const match = /^(\d+)([kmg]?)i?b?$/i.exec(text);
  const value = Number(match?.[1]) * (byteUnits[match?.[2]?.toLowerCase() ?? ''] as number);
  if (match === null || !Number.isSafeInteger(value)) throw new Error('bytes are expected, such as 6220800 or 24M');
  return value;
}

/** Permission bits in octal. */
export function octalMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new Error('permission bits in octal such as 660 are expected');
  return Number.parseInt(text, 8);
}
