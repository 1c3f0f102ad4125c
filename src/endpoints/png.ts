import { colourMaps } from '../frame/colour-map.js';
import type { Frame } from '../frame/frame.js';
import { effectiveBitsKey, type LevelOptions, levelFrame } from '../frame/levels.js';
import { encodePng } from '../frame/png.js';
import { NumberedFiles } from './numbered-files.js';
import { badUri, type EndpointUri, oneOf, positive, readOptions, whole } from './uri.js';

const sample = whole(0, 65_535);
const percent = positive('percentile');

const optionReaders = {
  level: whole(0, 9),
  matrix: oneOf('bt601', 'bt709'),
  range: oneOf('limited', 'full'),
  bits: whole(8, 16),
  levels: oneOf('auto', 'full', 'window', 'percentiles', 'none'),
  low: sample,
  high: sample,
  lowPercent: percent,
  highPercent: percent,
  map: oneOf(...colourMaps),
};

/** How gray is made visible; undefined: written as it is. */
type Levelling = Omit<LevelOptions, 'into'> | undefined;

/** `png:DIR`: one PNG a frame. Formats that PNG does not know become RGB. Throws `BAD_URI`. */
export function pngSink(uri: EndpointUri): NumberedFiles {
  if (uri.path === '') throw badUri(uri, 'name the folder: png:DIR');
  const { levels, low, high, lowPercent, highPercent, map, ...encoding } = readOptions(uri, optionReaders);
  const window = low !== undefined || high !== undefined;
  const percentiles = lowPercent !== undefined || highPercent !== undefined;
  const asked = levels ?? (window ? 'window' : percentiles ? 'percentiles' : map !== undefined ? 'full' : 'auto');
  const wanted = { low, high, lowPercent, highPercent, colourMap: map, bits: encoding.bits };
  const visible = (frame: Frame): Frame => {
    const levelling = levellingOf(frame, asked, wanted);
    return levelling === undefined ? frame : levelFrame(frame, levelling);
  };
  return new NumberedFiles(uri.text, uri.path, 'png', (frame) => [encodePng(visible(frame), encoding)]);
}

/** A 12-bit picture shown as 16 bits is black: `auto` spreads what is known to have fewer bits than its samples. */
function levellingOf(frame: Frame, asked: LevelOptions['mode'] | 'auto' | 'none', wanted: LevelOptions): Levelling {
  const gray = frame.format === 'gray8' || frame.format === 'gray16le';
  if (!gray || asked === 'none') return undefined;
  if (asked !== 'auto') return { ...wanted, mode: asked };
  const bits = wanted.bits ?? frame.metadata[effectiveBitsKey];
  const spread = frame.format === 'gray16le' && typeof bits === 'number' && bits < 16;
  return spread ? { mode: 'full', bits: wanted.bits } : undefined;
}
