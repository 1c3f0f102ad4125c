import { FramelaneError } from '../error.js';

/** Parameter sets by their numbers, as slice headers need them; damaged ones are as good as none. */
export class SetStore<S extends { readonly id: number }, P extends { readonly id: number; readonly spsId: number }> {
  readonly sps = new Map<number, S>();
  readonly pps = new Map<number, P>();
  readonly #parseSps: (nal: Uint8Array) => S;
  readonly #parsePps: (nal: Uint8Array) => P;

  constructor(parseSps: (nal: Uint8Array) => S, parsePps: (nal: Uint8Array) => P) {
    this.#parseSps = parseSps;
    this.#parsePps = parsePps;
  }

  /** Takes an SPS, header first, without start code. */
  keepSps(nal: Uint8Array): void {
    const set = unlessInvalid(() => this.#parseSps(nal));
    if (set !== undefined) this.sps.set(set.id, set);
  }

  /** The same for a PPS. */
  keepPps(nal: Uint8Array): void {
    const set = unlessInvalid(() => this.#parsePps(nal));
    if (set !== undefined) this.pps.set(set.id, set);
  }
}

/** What a parser gives; undefined where it throws `NAL_INVALID`. */
export function unlessInvalid<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isInvalid(error)) return undefined;
    throw error;
  }
}

/** Whether an error says that a NAL unit is damaged. */
export function isInvalid(error: unknown): boolean {
  return error instanceof FramelaneError && error.code === 'NAL_INVALID';
}
