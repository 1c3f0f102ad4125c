import type { LiveFrame } from '../wire/live-frame.js';

/** Seconds that the plots reach back. */
export const plotSeconds = 120;

/** Ages that are kept in a second. */
const mostAges = 1000;

/** What the page measured in one second; null where nothing came. */
export interface Second {
  /** Seconds since 1970, by the server's clock. */
  readonly time: number;
  /** Frames a second that were drawn. */
  readonly shownFps: number;
  /** Frames a second that the source gives. */
  readonly sourceFps: number;
  /** Median age of frames when they had arrived, ms. */
  readonly ageMs: number | null;
  /** Frames lost before the server. */
  readonly dropped: number;
  /** Frames passed over on the way to this screen. */
  readonly skipped: number;
  /** Bytes a second that arrived. */
  readonly bytesPerSecond: number;
  /** Mean of the region, or of the whole picture. */
  readonly intensity: number | null;
}

/** Counts what arrives and what is drawn, second by second. */
export class Meter {
  /** The last two minutes. */
  readonly seconds: Second[] = [];
  /** Frames lost before the server, since the page looks. */
  dropped = 0;
  /** Frames passed over by the server or by the page, since it looks. */
  skipped = 0;
  #shown = 0;
  #ages: number[] = [];
  #droppedBefore = 0;
  #skippedBefore = 0;
  #missed: number | undefined;
  #skippedByServer: number | undefined;
  #bytes = 0;
  #first = true;
  #at = performance.now();

  /** A frame has arrived. */
  arrived(frame: LiveFrame): void {
    const { missed, skipped, publishedMs, bodyBytes } = frame.header;
    this.dropped += increase(this.#missed, missed);
    this.skipped += increase(this.#skippedByServer, skipped);
    this.#missed = missed;
    this.#skippedByServer = skipped;
    this.#bytes += bodyBytes;
    // The first one lay with the server before the page asked for it: its age says nothing of the way here.
    if (publishedMs > 0 && !this.#first && this.#ages.length < mostAges) this.#ages.push(frame.arrivedMs - publishedMs);
    this.#first = false;
  }

  /** A frame has been drawn. */
  shown(): void {
    this.#shown++;
  }

  /** A frame was replaced before it was drawn. */
  passedOver(): void {
    this.skipped++;
  }

  /** The connection was made anew: its counters begin at 0. */
  reconnected(): void {
    this.#missed = undefined;
    this.#skippedByServer = undefined;
    this.#first = true;
  }

  /** Closes a second. */
  tick(time: number, sourceFps: number, intensity: number | null): void {
    const now = performance.now();
    const seconds = (now - this.#at) / 1000;
    this.#at = now;
    const ages = this.#ages.sort((a, b) => a - b);
    this.seconds.push({
      time,
      shownFps: this.#shown / seconds,
      sourceFps,
      ageMs: ages[Math.floor(ages.length / 2)] ?? null,
      dropped: this.dropped - this.#droppedBefore,
      skipped: this.skipped - this.#skippedBefore,
      bytesPerSecond: this.#bytes / seconds,
      intensity,
    });
    if (this.seconds.length > plotSeconds) this.seconds.shift();
    this.#shown = 0;
    this.#ages = [];
    this.#bytes = 0;
    this.#droppedBefore = this.dropped;
    this.#skippedBefore = this.skipped;
  }
}

function increase(before: number | undefined, now: number): number {
  return before === undefined ? 0 : Math.max(0, now - before);
}
