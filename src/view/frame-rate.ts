/** Times kept: frames of more than a second at any rate that a screen shows. */
const mostTimes = 256;

/** Frames and bytes a second, over the last second or so. */
export class FrameRate {
  #times: { readonly at: number; readonly bytes: number }[] = [];

  /** A frame came at that time, ms. */
  add(at: number, bytes: number): void {
    this.#times.push({ at, bytes });
    if (this.#times.length > mostTimes) this.#times.shift();
  }

  /** What came in the second before `now`, ms. */
  measure(now: number): { readonly fps: number; readonly bytesPerSecond: number } {
    const recent = this.#times.filter(({ at }) => now - at <= 1500);
    this.#times = recent;
    const [first, last] = [recent[0], recent.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return { fps: 0, bytesPerSecond: 0 };
    // Silence since the last frame counts once it is longer than the gap between frames.
    const period = (last.at - first.at) / (recent.length - 1);
    const seconds = Math.max(last.at - first.at, now - first.at - period) / 1000;
    const bytes = recent.slice(1).reduce((sum, entry) => sum + entry.bytes, 0);
    return { fps: (recent.length - 1) / seconds, bytesPerSecond: bytes / seconds };
  }
}
