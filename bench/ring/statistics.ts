/** The value below which a share of the numbers lies; NaN for none. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle one. */
export const median = (numbers: readonly number[]) => percentile(numbers, 0.5);

/** A straight line's slope, and half the width of its 95% interval. */
export interface Slope {
  readonly slope: number;
  readonly within: number;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Least squares through the points; the interval takes their deviations as independent. */
export function regression(x: readonly number[], y: readonly number[]): Slope {
  const meanX = sum(x) / x.length;
  const meanY = sum(y) / y.length;
  const spread = sum(x.map((value) => (value - meanX) ** 2));
  const slope = sum(x.map((value, i) => (value - meanX) * ((y[i] as number) - meanY))) / spread;
  const rest = sum(x.map((value, i) => ((y[i] as number) - meanY - slope * (value - meanX)) ** 2));
  return { slope, within: 1.96 * Math.sqrt(rest / (x.length - 2) / spread) };
}
