import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { FramelaneError } from './error.js';
import type { PixelsNative } from './native/pixels.js';
import type { QtNative } from './native/qt.js';
import type { RingNative } from './native/ring.js';
import type { ScanNative } from './native/scan.js';
import type { SrtpNative } from './native/srtp.js';
import type { UdpNative } from './native/udp.js';

export { scratchBytes, scratchWord } from './native/ring.js';

/**
 * The one door to C++. Every native function is declared once, with its units, in a file of `native/`. Arguments are
 * checked by the callers: C++ sees clean values.
 */
export interface Native extends PixelsNative, QtNative, RingNative, ScanNative, SrtpNative, UdpNative {}

let loaded: Native | undefined;

function addonPath(): string {
  const places = ['./native/framelane.node', '../dist/native/framelane.node'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new FramelaneError('NATIVE_MISSING', 'the native part was not built: run `npm run build` (needs g++)');
}

/** The addon, loaded at the first call. Throws `NATIVE_MISSING` when it was not built or does not load here. */
export function native(): Native {
  if (loaded === undefined) {
    const path = addonPath();
    try {
      loaded = createRequire(import.meta.url)(path) as Native;
    } catch (error) {
      throw new FramelaneError(
        'NATIVE_MISSING',
        `the native part does not load here (${(error as Error).message}): run \`npm run build\` on this machine`,
        {},
        { cause: error },
      );
    }
  }
  return loaded;
}
