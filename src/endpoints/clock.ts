/** A step of the system's clock larger than this is followed. */
const stepMs = 50;

let originMs = performance.timeOrigin;

/**
 * Nanoseconds since 1970 UTC with microsecond resolution. `Date.now()` alone has milliseconds; the monotonic clock
 * alone does not notice when the system's time is set.
 */
export function unixTime(): bigint {
  const elapsed = performance.now();
  const coarse = Date.now();
  if (Math.abs(originMs + elapsed - coarse) > stepMs) originMs = coarse - elapsed;
  const wholeMs = Math.trunc(originMs);
  return BigInt(wholeMs) * 1_000_000n + BigInt(Math.round((originMs - wholeMs + elapsed) * 1e6));
}
