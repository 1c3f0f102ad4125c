// The access units of an elementary stream that has one slice a picture, as bytes of their own: parameter sets go with
// the picture behind them.
import { readFileSync } from 'node:fs';
import { nalUnitsOf } from '../../../dist/nal/index.js';

export function unitsOf(file) {
  const data = new Uint8Array(readFileSync(file));
  const nals = nalUnitsOf(data);
  const units = [];
  let from = 0;
  for (let i = 0; i < nals.length; i += 2) {
    const end = nals[i] + nals[i + 1];
    const coded = ((data[nals[i]] >> 1) & 0x3f) < 32;
    if (!coded) continue;
    units.push(data.slice(from, end));
    from = end;
  }
  return units;
}

/** The NAL units of a unit, without start codes. */
export function nalBytesOf(unit) {
  const nals = nalUnitsOf(unit);
  return Array.from({ length: nals.length / 2 }, (_, i) => unit.subarray(nals[2 * i], nals[2 * i] + nals[2 * i + 1]));
}
