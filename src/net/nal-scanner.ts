import { checkScan, type NalScanner, scanNalUnits } from '../nal/index.js';
import { type Native, native } from '../native.js';

let scanner: NalScanner | undefined;

/** The fastest {@link NalScanner} of this machine: the addon's, at the speed of memory, or without it TypeScript's. */
export function nalScanner(): NalScanner {
  scanner ??= nativeScanner() ?? scanNalUnits;
  return scanner;
}

function nativeScanner(): NalScanner | undefined {
  let addon: Native;
  try {
    addon = native();
  } catch {
    return undefined; // not built, or not for this machine
  }
  return (data, into, from, open) => {
    checkScan(data, into, from, open);
    return addon.findNalUnits(data, into, from, open);
  };
}
