import { openCycle } from './parts/cycle.js';
import { openHeader } from './parts/header.js';
import { openJpeg } from './parts/jpeg.js';
import { openLeak } from './parts/leak.js';
import { openRing } from './parts/ring.js';
import { openServer } from './parts/server.js';
import { openWire } from './parts/wire.js';

/** Size of the images, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A piece of work that is done again and again. */
export interface Part {
  /** Does it once. Throws when what came out is wrong: a soak of failures would prove nothing. */
  iterate(): void | Promise<void>;
  /** Frees all it holds. */
  close(): void | Promise<void>;
}

/** What can be soaked. */
export const parts: Readonly<Record<string, (size: Size) => Part | Promise<Part>>> = {
  cycle: openCycle,
  header: openHeader,
  jpeg: openJpeg,
  wire: openWire,
  server: openServer,
  ring: openRing,
  leak: openLeak,
};

/** Those that are soaked unless one is named: not the one that leaks on purpose. */
export const allParts: readonly string[] = Object.keys(parts).filter((name) => name !== 'leak');
