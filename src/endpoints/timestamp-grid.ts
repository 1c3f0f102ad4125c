/** Ticks a second of the timestamps of all video. */
const clockRate = 90_000;

/**
 * RTP timestamps of pictures, from when they were taken. Where the rate is known they have even distances, as long as the
 * clock agrees to half a picture: a source that is paced by timers is a little early or late each time. No two pictures
 * have the same one, for receivers would take them for one.
 */
export class TimestampGrid {
  readonly #step: number | undefined;
  /** Of the last picture: ticks since the first one, with their fraction, and as they were given out. */
  #ideal = 0;
  #given = Number.NEGATIVE_INFINITY;
  #first: bigint | undefined;

  /** `fps`: pictures a second, where they are known. */
  constructor(fps?: number) {
    this.#step = fps === undefined || !(fps > 0) ? undefined : clockRate / fps;
  }

  /** The timestamp of a picture that was taken at that time, in ns since 1970, modulo 2^32. */
  timestampOf(captureTime: bigint): number {
    const ticks = (captureTime * BigInt(clockRate)) / 1_000_000_000n;
    const first = this.#first ?? ticks;
    const passed = Number(ticks - first);
    this.#ideal = this.#first === undefined ? 0 : this.#next(passed);
    this.#first = first;
    const rounded = Math.round(this.#ideal);
    this.#given = rounded === this.#given ? rounded + 1 : rounded;
    return Number(BigInt.asUintN(32, first + BigInt(this.#given)));
  }

  #next(passed: number): number {
    const step = this.#step;
    return step !== undefined && Math.abs(passed - this.#ideal - step) < step / 2 ? this.#ideal + step : passed;
  }
}
