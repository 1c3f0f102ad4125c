import type { LiveFrame } from '../wire/live-frame.js';
import { lightChannels, samplesOf } from './samples.js';

/** Pixels that are counted at most: enough for a picture's shape, few enough to count often. */
const mostPixels = 1 << 17;

/** How often each sample value occurs, in one count a channel. */
export class Histogram {
  /** One array a channel, an entry a value. */
  readonly counts: readonly Uint32Array[];
  /** What the channels are. */
  readonly names: readonly string[];
  /** Pixels that were counted: all of them, or evenly spread ones of a large picture. */
  readonly pixels: number;

  constructor(frame: LiveFrame) {
    const samples = samplesOf(frame);
    const channels = lightChannels(samples);
    this.names = channels.map((channel) => samples.names[channel] as string);
    this.counts = channels.map(() => new Uint32Array(samples.most + 1));
    const step = Math.max(1, Math.ceil(Math.sqrt((frame.width * frame.height) / mostPixels)));
    let pixels = 0;
    for (let y = Math.floor(step / 2) % frame.height; y < frame.height; y += step) {
      // Columns are shifted from row to row, so that stripes of the picture do not line up with those that are counted.
      for (let x = (y * 7) % Math.min(step, frame.width); x < frame.width; x += step) {
        for (let index = 0; index < channels.length; index++) {
          const count = this.counts[index] as Uint32Array;
          const value = samples.read(x, y, channels[index] as number);
          count[value] = (count[value] as number) + 1;
        }
        pixels++;
      }
    }
    this.pixels = pixels;
  }

  /** The smallest value with at least that percentage of all samples at or below it. */
  percentile(percent: number): number {
    const wanted = (percent / 100) * this.pixels * this.counts.length;
    const values = this.counts[0]?.length ?? 0;
    let seen = 0;
    for (let value = 0; value < values; value++) {
      for (const count of this.counts) seen += count[value] as number;
      if (seen >= wanted && seen > 0) return value;
    }
    return values - 1;
  }

  /** The counts of one channel in so many equal bins from 0 to `most`. */
  bins(channel: number, bins: number, most: number): Float64Array {
    const sums = new Float64Array(bins);
    const count = this.counts[channel] as Uint32Array;
    for (let value = 0; value <= Math.min(most, count.length - 1); value++) {
      const bin = Math.floor((value * bins) / (most + 1));
      sums[bin] = (sums[bin] as number) + (count[value] as number);
    }
    return sums;
  }
}
