/** Times kept: frames of more than a second at any rate that a screen shows. */
const mostTimes = 256;

/** Frames of the last so many ms are counted, and at least so many frames. */
const recentMs = 1500;
const leastFrames = 3;

/** Frames and bytes a second, over the last second or so. */
export class FrameRate {
  readonly #times: { readonly at: number; readonly bytes: number }[] = [];

  /** A frame came at that time, ms. */
  add(at: number, bytes: number): void {
    this.#times.push({ at, bytes });
    if (this.#times.length > mostTimes) this.#times.shift();
  }

  /** What came in the second before `now`, ms; of slow sources, between the last few frames. */
  measure(now: number): { readonly fps: number; readonly bytesPerSecond: number } {
    const recent = this.#times.filter(({ at }) => now - at <= recentMs);
    const used = recent.length >= leastFrames ? recent : this.#times.slice(-leastFrames);
    const [first, last] = [used[0], used.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return none;
    const period = (last.at - first.at) / (used.length - 1);
    if (now - last.at > Math.max(recentMs, 3 * period)) return none;
    // Silence since the last frame counts once it is longer than the gap between frames.
    const seconds = Math.max(last.at - first.at, now - first.at - period) / 1000;
    const bytes = used.slice(1).reduce((sum, entry) => sum + entry.bytes, 0);
    return { fps: (used.length - 1) / seconds, bytesPerSecond: bytes / seconds };
  }
}

const none = { fps: 0, bytesPerSecond: 0 } as const;
