import type { LinkOptions } from './link-options.js';

const silenceGrace = 500;
const longestFirstWait = 1000;
const singleAttempt = 1500;
const shortestAttempt = 250;

/** When what happened on a link, and what is due because of it. Milliseconds on the clock handed in. */
export class LinkTimes {
  /** When the link was started. */
  started = 0;
  /** When the last image came; undefined before the first. */
  lastImage: number | undefined;
  /** When the server was last heard, or asked. */
  heard = 0;
  /** When the pause, or the attempt to connect, is over. */
  wake = Number.POSITIVE_INFINITY;

  constructor(private readonly options: LinkOptions) {}

  /** When to repeat a request that stayed unanswered; `asking`: nothing has come since the last one. */
  repeatAt(interval: number, asking: boolean): number {
    const { mode, timeout } = this.options;
    if (mode === 'single') return this.heard + Math.max(shortestAttempt, Math.min(singleAttempt, timeout / 3));
    return this.heard + silenceGrace + (asking ? Math.min(longestFirstWait, interval) : interval);
  }

  /** When to give up. */
  get giveUpAt(): number {
    const { mode, timeout, patience } = this.options;
    const first = mode === 'single' || this.lastImage === undefined;
    return first ? this.started + timeout : (this.lastImage as number) + patience;
  }
}
