/** How long things are measured. */
export interface Effort {
  /** Rounds of each contender. */
  readonly rounds: number;
  /** Frames a round of a ring, and of a rival. */
  readonly ringFrames: number;
  readonly rivalFrames: number;
  /** Frames of 1080p that go through a ring before it is measured; of larger ones fewer. */
  readonly warmUp: number;
  /** Frames that a subscriber takes while its memory is watched. */
  readonly growthFrames: number;
  /** Seconds of 4K at 60 frames a second. */
  readonly seconds4k60: number;
  /** Looks at the clock for the cost of a call, each around 8 calls. */
  readonly costBatches: number;
}

/** A run for the record, in less than four minutes, and one in less than half a minute. */
export const efforts: Readonly<Record<'full' | 'quick', Effort>> = {
  full: {
    rounds: 8,
    ringFrames: 60,
    rivalFrames: 16,
    warmUp: 2000,
    growthFrames: 100_000,
    seconds4k60: 10,
    costBatches: 20_000,
  },
  quick: {
    rounds: 2,
    ringFrames: 30,
    rivalFrames: 6,
    warmUp: 300,
    growthFrames: 20_000,
    seconds4k60: 2,
    costBatches: 4000,
  },
};
