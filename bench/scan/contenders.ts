import { findNalUnits, type NalScanner, scanNalUnits } from '../../src/nal/index.js';
import { nalScanner } from '../../src/net/index.js';
import type { Rivals } from './rivals.js';

/** Searches `data` so many times; returns CPU ns of all and what one found. */
export type Contender = (data: Uint8Array, times: number) => { readonly ns: number; readonly found: number };

/** Ours, as an application calls it. */
export const framelane = 'framelane';

/** Room for every unit of every stream. */
const into = new Uint32Array(2 * 4096);

const startCode = Buffer.from([0, 0, 1]);

function indexOfAll(data: Uint8Array): number {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.length);
  let count = 0;
  for (let at = buffer.indexOf(startCode); at >= 0; at = buffer.indexOf(startCode, at + 3)) count++;
  return count;
}

/** All contenders by name; those whose name begins with `read` only read the memory. */
export function contenders(rivals: Rivals): ReadonlyMap<string, Contender> {
  const inJavaScript =
    (search: (data: Uint8Array) => number): Contender =>
    (data, times) => {
      let found = 0;
      const began = rivals.cpuNs();
      for (let time = 0; time < times; time++) found = search(data);
      return { ns: rivals.cpuNs() - began, found };
    };
  const by = (scan: NalScanner) => inJavaScript((data) => findNalUnits(data, into, scan));
  const result = new Float64Array(2);
  const inC = rivals.contenders().map((name): [string, Contender] => [
    name,
    (data, times) => {
      rivals.measure(name, data, times, result);
      return { ns: result[0] as number, found: result[1] as number };
    },
  ]);
  return new Map<string, Contender>([
    [framelane, by(nalScanner())],
    ['framelane without addon', by(scanNalUnits)],
    ['Buffer.indexOf', inJavaScript(indexOfAll)],
    ...inC,
  ]);
}
