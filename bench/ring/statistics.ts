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

/** How much the deviations that follow one another resemble each other: 0 not at all, 1 fully. */
function persistence(deviations: readonly number[]): number {
  const squares = sum(deviations.map((value) => value ** 2));
  const products = sum(deviations.slice(1).map((value, i) => value * (deviations[i] as number)));
  return squares === 0 ? 0 : Math.min(Math.max(products / squares, 0), 0.95);
}

/**
 * Least squares through the points. Memory grows in steps, so that one deviation resembles the one before: the interval
 * is as wide as that many independent points would make it.
 */
export function regression(x: readonly number[], y: readonly number[]): Slope {
  const meanX = sum(x) / x.length;
  const meanY = sum(y) / y.length;
  const spread = sum(x.map((value) => (value - meanX) ** 2));
  const slope = sum(x.map((value, i) => (value - meanX) * ((y[i] as number) - meanY))) / spread;
  const deviations = x.map((value, i) => (y[i] as number) - meanY - slope * (value - meanX));
  const alike = persistence(deviations);
  const variance = sum(deviations.map((value) => value ** 2)) / (x.length - 2) / spread;
  return { slope, within: 1.96 * Math.sqrt((variance * (1 + alike)) / (1 - alike)) };
}
