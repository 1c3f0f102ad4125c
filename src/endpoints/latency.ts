/** Buckets per doubling: a value is known to within 2%. */
const stepsPerOctave = 32;
const octaves = 63;

/**
 * Times counted in buckets on a logarithmic scale: any number of samples in 16 KB, from 1 ns to centuries.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(stepsPerOctave * octaves);
  #total = 0;

  /** Samples so far. */
  get count(): number {
    return this.#total;
  }

  /** Counts one time, in nanoseconds; negative ones (clocks that were set) count as 0. */
  add(nanoseconds: number): void {
    const bucket = nanoseconds <= 1 ? 0 : Math.floor(Math.log2(nanoseconds) * stepsPerOctave);
    const index = Math.min(bucket, this.#counts.length - 1);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total++;
  }

  /** The time below which that part (0..1) of the samples lies, in microseconds; null without samples. */
  quantile(part: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.max(1, Math.ceil(part * this.#total));
    let index = 0;
    while (left > (this.#counts[index] as number)) left -= this.#counts[index++] as number;
    const nanoseconds = 2 ** ((index + 0.5) / stepsPerOctave);
    return Math.round(nanoseconds / 100) / 10;
  }
}
